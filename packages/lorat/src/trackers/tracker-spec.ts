import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Precision } from "@lorat/core";
import { precisions, requirePrecision } from "@lorat/core/model";
import { fileSource, modelFiles } from "@lorat/core/weights";
import { type Device, LoratError, resolveDevice } from "@lorat/graph";
import { z } from "zod";
import { weightsFingerprint } from "./model/adapter.ts";
import { readManifest } from "./model/manifest.ts";
import { modelFolderPath } from "./model/model-path.ts";
import type { NanoTrackVersion } from "./nanotrack/nanotrack.ts";
import { splitCommand } from "./vot/trax-client.ts";

/** Which tracker to run; plain data, so that it can go to another thread. */
export type TrackerSpec =
  | {
      readonly kind: "model";
      readonly model: string;
      readonly adapter?: string;
      readonly device: Device;
      /** Default: `fp32`. */
      readonly precision?: Precision;
      /** Whether a lost target is looked for elsewhere; default: false, the method's own loop. */
      readonly redetect?: boolean;
    }
  | {
      readonly kind: "nanotrack";
      readonly folder: string;
      readonly version: NanoTrackVersion;
      readonly device: Device;
    }
  | { readonly kind: "vittrack"; readonly path: string; readonly device: Device }
  /** A module with `init` and `update`. */
  | { readonly kind: "module"; readonly path: string }
  /** Any program that speaks TraX. */
  | { readonly kind: "command"; readonly command: string; readonly timeoutSeconds?: number };

/** {@link TrackerIdentity} in a file. */
export const trackerIdentity = z
  .object({
    name: z.string(),
    kind: z.enum(["model", "nanotrack", "vittrack", "module", "command"]),
    /** As it was given. */
    source: z.string(),
    adapter: z.string().optional(),
    /** The one that was settled on. */
    device: z.string().optional(),
    /** Left out for `fp32`. */
    precision: z.enum(precisions).optional(),
    /** Of what the tracker's numbers depend on; the command itself for a program. */
    fingerprint: z.string(),
  })
  .readonly();

/** What tells trackers apart in a run's record. */
export type TrackerIdentity = z.infer<typeof trackerIdentity>;

const MODULE_NAMES = [".ts", ".mts", ".js", ".mjs", ".cjs"];

/**
 * Reads `--tracker`: `nanotrack:DIR` (or `nanotrack-v2:DIR`), `vittrack:FILE`, the path of a module, else a command. Throws `TRAX_COMMAND`.
 */
export function parseTracker(text: string, { device }: { readonly device: Device }): TrackerSpec {
  const [, version = "v3", folder] = /^nanotrack(?:-(v2|v3))?:(.+)$/.exec(text) ?? [];
  if (folder !== undefined) {
    return { kind: "nanotrack", folder, version: version as NanoTrackVersion, device };
  }
  const [, vitTrack] = /^vittrack:(.+)$/.exec(text) ?? [];
  if (vitTrack !== undefined) return { kind: "vittrack", path: vitTrack, device };
  const [word, ...more] = splitCommand(text);
  if (more.length === 0 && MODULE_NAMES.includes(extname(word!))) return { kind: "module", path: word! };
  return { kind: "command", command: text };
}

/** Reads what identifies a tracker. Throws `MODEL_UNKNOWN`, `WEIGHTS_NOT_FOUND`, `TRACKER_MODULE`, `PEER_FILES`, `DEVICE_UNAVAILABLE`, `PRECISION_UNAVAILABLE`. */
export async function identifyTracker(spec: TrackerSpec): Promise<TrackerIdentity> {
  const { kind } = spec;
  switch (kind) {
    case "model": {
      const { model, adapter, precision = "fp32", redetect = false } = spec;
      const device = await resolveDevice(spec.device);
      await requirePrecision(precision, device);
      const folder = await modelFolderPath(model);
      const prints = [await fingerprintOf(join(folder, modelFiles.weights))];
      if (adapter) prints.push(await fingerprintOf(adapter));
      if (redetect) prints.push("redetect");
      const loop = redetect ? "-redetect" : "";
      const name = `${adapter ? `${basename(model)}-${stem(adapter)}` : basename(resolve(model))}${loop}`;
      const identity = { kind, source: model, adapter, device };
      if (precision === "fp32") return { ...identity, name, fingerprint: hashed(prints) };
      if (precision === "int8") prints.push(`${(await readManifest(folder)).int8?.singleLayers}`);
      return { ...identity, name: `${name}-${precision}`, precision, fingerprint: hashed(prints) };
    }
    case "nanotrack": {
      const { nanoTrackFiles } = await import("./nanotrack/nanotrack.ts");
      const files = await nanoTrackFiles(spec.folder, spec.version);
      const { folder } = spec;
      const device = await resolveDevice(spec.device);
      const name = `nanotrack-${spec.version}`;
      return { name, kind, source: folder, device, fingerprint: hashed(files) };
    }
    case "vittrack": {
      const { vitTrackFile } = await import("./vittrack/vittrack.ts");
      const { path } = spec;
      const fingerprint = hashed([await vitTrackFile(path)]);
      return { name: "vittrack", kind, source: path, device: await resolveDevice(spec.device), fingerprint };
    }
    case "module": {
      const { path } = spec;
      const text = await readFile(path).catch((cause: Error) => {
        throw new LoratError("TRACKER_MODULE", `${path} cannot be read: ${cause.message}`, { cause });
      });
      return { name: stem(path), kind, source: path, fingerprint: hashed([text]) };
    }
    case "command": {
      const words = splitCommand(spec.command);
      return { name: stem(words[0]!), kind, source: spec.command, fingerprint: hashed(words) };
    }
  }
}

async function fingerprintOf(path: string): Promise<string> {
  const source = await fileSource(path);
  try {
    return await weightsFingerprint(source);
  } finally {
    await source.dispose();
  }
}

function stem(path: string): string {
  return basename(path).replace(/\.[^.]*$/, "") || "tracker";
}

function hashed(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\n");
  return hash.digest("hex").slice(0, 32);
}
