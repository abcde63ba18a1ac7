import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { variantNamed } from "@lorat/core/model";
import {
  fileSource,
  openTensorFile,
  profileWeights,
  stateDictOf,
  type WeightsProfile,
} from "@lorat/core/weights";
import { LoratError, nearestName } from "@lorat/graph";
import { isFile, parseAddress, sha256Of } from "../../files/download/index.ts";
import { userCacheFolder } from "../../files/user-cache.ts";
import { withLock } from "../../files/with-lock.ts";
import { readManifest } from "../../trackers/model/manifest.ts";
import { bundledModels } from "../../trackers/model/model-path.ts";
import { convertModel, sessionProduct } from "../convert/index.ts";
import { type ObtainOptions, obtainAddress, obtainPublished } from "./obtain.ts";
import { type Dinov2Size, dinov2File, loratFile, publishedNames } from "./published.ts";

/** What {@link pull} takes. */
export interface PullOptions extends Partial<ObtainOptions> {
  /** Folder of the model; default: its name's folder in the cache. */
  readonly outDir?: string | undefined;
  /** The variant, where neither weights nor name tell. */
  readonly variant?: string | undefined;
  readonly precision?: "fp32" | "fp16" | undefined;
  /** Make the model again where it exists. */
  readonly force?: boolean | undefined;
  readonly onConvert?: ((done: number, total: number) => void) | undefined;
}

/** What is on this machine now. */
export interface Pulled {
  /** `model`: a folder that tracks, or a backbone where `--out` asked for one; `weights`: a file to train or convert with. */
  readonly kind: "model" | "weights";
  readonly path: string;
  /** How commands call it: a name that they know, else its path. */
  readonly name: string;
  readonly notes: readonly string[];
}

/**
 * Brings weights onto this machine: those that their authors publish, by name, or what lies behind an address or in a file. LoRAT's
 * are joined with the DINOv2 that they were trained on into a model folder, which `--model` then takes by name; a DINOv2 stays a file.
 * Whatever is here already, in this program's cache or in those of torch and Hugging Face, is not fetched again.
 *
 * Throws `PULL_UNKNOWN`, `PULL_NAME_TAKEN`, what {@link obtainPublished} and {@link obtainAddress} throw, and what `convertModel` throws.
 */
export async function pull(what: string, options: PullOptions = {}): Promise<Pulled> {
  const obtain: ObtainOptions = { ...options, env: options.env ?? process.env };
  const [, dinov2] = /^dinov2[-_](?:vit)?([sblg])(?:14)?$/i.exec(what) ?? [];
  if (dinov2) {
    const path = await obtainPublished(dinov2File(dinov2.toLowerCase() as Dinov2Size), obtain);
    return weights(path, undefined, options, obtain);
  }
  const [, size, pixels] = /^(?:lorat-)?([blg])-(224|378)$/i.exec(what) ?? [];
  if (size) return published(variantName(size, pixels!), options, obtain);
  if (/^[a-z]+:\/\//i.test(what)) {
    parseAddress(what);
    const path = await obtainAddress(
      what,
      join(userCacheFolder("files", obtain.env), placeFor(what)),
      obtain,
    );
    return weights(path, what, options, obtain);
  }
  if (await isFile(what)) return weights(what, what, options, obtain);
  const near = nearestName(what, publishedNames);
  throw new LoratError("PULL_UNKNOWN", `"${what}" is no file, no address and no name of published weights`, {
    hint: `${near ? `Did you mean ${near}? ` : ""}Known are ${publishedNames.join(", ")}.`,
  });
}

async function published(variant: string, options: PullOptions, obtain: ObtainOptions): Promise<Pulled> {
  const name = `lorat-${variant.toLowerCase()}`;
  const file = loratFile(variant)!;
  return makeModel(name, { ...options, variant }, obtain, async () => [
    await obtainPublished(file, obtain),
    // The checksum that was given is that of the file which was asked for.
    await obtainPublished(dinov2File(variant[0]!.toLowerCase() as Dinov2Size), {
      ...obtain,
      sha256: undefined,
    }),
  ]);
}

/** What a file holds decides what becomes of it. */
async function weights(
  path: string,
  from: string | undefined,
  options: PullOptions,
  obtain: ObtainOptions,
): Promise<Pulled> {
  const profile = await profileOf(path);
  if (profile.kind === "dinov2" && options.outDir === undefined) {
    return { kind: "weights", path, name: path, notes: [] };
  }
  const file = from === undefined ? basename(path) : nameOf(from);
  const name = nameOfPublished(file) ?? file.replace(/\.\w+$/, "");
  return makeModel(name, { ...options, made: path }, obtain, async () => {
    if (profile.kind !== "lorat-trainable") return [path];
    const size = letterOf(profile);
    // A base of another size is told by the conversion, which knows all the shapes.
    return size ? [path, await obtainPublished(dinov2File(size), { ...obtain, sha256: undefined })] : [path];
  });
}

/** `lorat-b-378` for `base-378.bin`. */
function nameOfPublished(file: string): string | undefined {
  return publishedNames.find((name) => loratFile(name.replace("lorat-", ""))?.name === file);
}

/** With the file that the model is made of, where it has to be that one. */
type ModelOptions = PullOptions & { readonly made?: string };

async function makeModel(
  name: string,
  options: ModelOptions,
  { env, signal, onWait }: ObtainOptions,
  files: () => Promise<string[]>,
): Promise<Pulled> {
  const { outDir, variant, precision, force = false, onConvert } = options;
  const folder = outDir ?? join(userCacheFolder("models", env), name.toLowerCase());
  const called = outDir ?? (bundledModels.includes(name) ? folder : name.toLowerCase());
  const done: Pulled = { kind: "model", path: folder, name: called, notes: [] };
  const isReady = async () => !outDir && !force && (await isWanted(folder, options));
  if (await isReady()) return done;
  const paths = await files();
  return withLock(folder, { signal, onWait }, async () => {
    if (await isReady()) return done;
    const { matmul, dispose } = sessionProduct();
    try {
      const { manifest } = await convertModel({
        files: paths,
        outDir: folder,
        ...(variant !== undefined && { variant }),
        ...(precision !== undefined && { precision }),
        // In the cache the same model in another precision gives way.
        force: force || !outDir,
        matmul,
        ...(onConvert && { onProgress: onConvert }),
        ...(signal && { signal }),
      });
      return { ...done, notes: manifest.notes };
    } finally {
      await dispose();
    }
  });
}

/** Whether a model that was made before is what is asked for now. Throws `PULL_NAME_TAKEN` where it was made of another file. */
async function isWanted(folder: string, { variant, precision, made }: ModelOptions): Promise<boolean> {
  if (!(await isFile(join(folder, "model.json")))) return false;
  const manifest = await readManifest(folder);
  const asked = variant === undefined || manifest.variant.name === variantNamed(variant).name;
  const sum = made && (await sha256Of(made));
  if (sum && !manifest.sources.some(({ sha256 }) => sha256 === sum)) {
    throw new LoratError("PULL_NAME_TAKEN", `${folder} was made of other weights than ${made}`, {
      hint: "Choose a folder with --out, or replace it with --force.",
    });
  }
  return asked && (precision === undefined || manifest.precision === precision);
}

async function profileOf(path: string): Promise<WeightsProfile> {
  const source = await fileSource(path);
  try {
    const file = await openTensorFile(source, path);
    return profileWeights(stateDictOf(file.entries.values()), path);
  } finally {
    await source.dispose();
  }
}

/** `base.bin` of Hugging Face's `…/base.bin?download=true`. */
function nameOf(what: string): string {
  if (!/^https?:\/\//i.test(what)) return basename(what);
  const last = decodeURIComponent(new URL(what).pathname.split("/").at(-1) ?? "");
  return last.replace(/[^\w.-]+/g, "_").replace(/^\.+/, "") || "download";
}

/** A place in the cache that no other address has. No digits: those in a name tell the variant. */
function placeFor(address: string): string {
  const hash = createHash("sha256").update(address).digest("hex").slice(0, 10);
  return join(
    hash.replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)]!),
    nameOf(address),
  );
}

function letterOf({ dim }: WeightsProfile): Dinov2Size | undefined {
  const letters: Readonly<Record<number, Dinov2Size>> = { 384: "s", 768: "b", 1024: "l", 1536: "g" };
  return letters[dim];
}

const variantName = (size: string, pixels: string) =>
  `${size.toLowerCase() === "g" ? "g" : size.toUpperCase()}-${pixels}`;
