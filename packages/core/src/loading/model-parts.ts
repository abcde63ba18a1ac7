import { LoratError } from "@lorat/graph";
import { type ByteSource, blobSource, bytesSource } from "../weights/byte-source.ts";
import { modelFiles } from "../weights/model-folder.ts";
import type { FileContent, FolderHandle, ModelFiles, ModelSource } from "./model-source.ts";

/** The parts of a model folder, to be read. */
export interface ModelParts {
  /** For messages. */
  readonly name: string;
  /** Parsed `model.json`. */
  readonly json: unknown;
  readonly weights: ByteSource;
  /** Path of the weights where they lie in a file that sessions may read themselves. */
  readonly file?: string;
  dispose?(): Promise<void>;
}

/** Parses `model.json`. Throws `MODEL_JSON`. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoratError("MODEL_JSON", `${where} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Throws `MODEL_UNKNOWN` for a model without its manifest, `WEIGHTS_NOT_FOUND` for one without its weights. */
export function missingPart(part: keyof ModelFiles, where: string, hint?: string): LoratError {
  const isManifest = part === modelFiles.manifest;
  return new LoratError(isManifest ? "MODEL_UNKNOWN" : "WEIGHTS_NOT_FOUND", `there is no ${part} ${where}`, {
    hint: hint ?? `a model is two files, ${modelFiles.manifest} and ${modelFiles.weights}`,
  });
}

/** The parts of a model that was given as files. Throws `MODEL_UNKNOWN`, `WEIGHTS_NOT_FOUND`, `MODEL_JSON`, `MODEL_SOURCE`. */
export async function partsOfFiles(source: Exclude<ModelSource, string | URL>): Promise<ModelParts> {
  const { name, file } = readerOf(source);
  const manifest = await file(modelFiles.manifest);
  const weights = await file(modelFiles.weights);
  const json = isContent(manifest)
    ? parseJson(await new Blob([manifest as BlobPart]).text(), modelFiles.manifest)
    : typeof manifest === "string"
      ? parseJson(manifest, modelFiles.manifest)
      : manifest;
  if (!isContent(weights)) throw unknownSource(source);
  return { name, json, weights: sourceOf(weights) };
}

interface Reader {
  readonly name: string;
  file(part: keyof ModelFiles): Promise<FileContent | string | object>;
}

function readerOf(source: Exclude<ModelSource, string | URL>): Reader {
  if (typeof source !== "object" || source === null || isContent(source)) throw unknownSource(source);
  if ("getFileHandle" in source) return folderReader(source);
  if (Symbol.iterator in source) return listReader([...source]);
  if (!(modelFiles.manifest in source || modelFiles.weights in source)) throw unknownSource(source);
  return {
    name: "the given files",
    async file(part) {
      const given = (source as ModelFiles)[part];
      if (given === undefined || given === null) {
        throw missingPart(part, `among the given files (${Object.keys(source).join(", ")})`);
      }
      return given;
    },
  };
}

function folderReader(folder: FolderHandle): Reader {
  return {
    name: folder.name,
    async file(part) {
      const handle = await folder.getFileHandle(part).catch((cause: Error) => {
        if (cause.name === "NotFoundError") throw missingPart(part, `in the folder ${folder.name}`);
        throw new LoratError(
          "WEIGHTS_UNREADABLE",
          `${folder.name}/${part} cannot be read: ${cause.message}`,
          {
            cause,
          },
        );
      });
      return handle.getFile();
    },
  };
}

function listReader(files: readonly (Blob & { readonly name: string })[]): Reader {
  return {
    name: "the given files",
    async file(part) {
      const named = files.filter(({ name }) => name === part);
      const names = files.map(({ name }) => name).join(", ");
      if (named.length === 0) throw missingPart(part, `among the given files (${names || "none"})`);
      if (named.length > 1) {
        throw new LoratError("MODEL_SOURCE", `there are ${named.length} files called ${part}`, {
          hint: "give the files of one model folder",
        });
      }
      return named[0]!;
    },
  };
}

function sourceOf(content: FileContent): ByteSource {
  if (content instanceof Blob) return blobSource(content);
  return bytesSource(content instanceof ArrayBuffer ? new Uint8Array(content) : content);
}

function isContent(given: unknown): given is FileContent {
  return given instanceof Blob || given instanceof ArrayBuffer || given instanceof Uint8Array;
}

function unknownSource(given: unknown): LoratError {
  const what = typeof given === "object" && given !== null ? given.constructor?.name : typeof given;
  return new LoratError("MODEL_SOURCE", `a model cannot be loaded from this: ${what}`, {
    hint: `give a name, a folder, an address, { "${modelFiles.manifest}", "${modelFiles.weights}" }, a list of files, or a picked folder`,
  });
}
