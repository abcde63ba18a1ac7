import { blobSource } from "../weights/byte-source.ts";
import { modelFiles } from "../weights/model-folder.ts";
import { download } from "./download.ts";
import { keepDownload, keptDownload } from "./kept-downloads.ts";
import type { FetchOptions } from "./load-options.ts";
import { type ModelParts, missingPart, parseJson } from "./model-parts.ts";
import type { ModelFiles } from "./model-source.ts";

/**
 * Fetches the two files of a model folder at an address (that of the folder, or of its `model.json`). Throws `MODEL_UNKNOWN` and
 * `WEIGHTS_NOT_FOUND` where one is not there, `MODEL_FETCH`, `WEIGHTS_TRUNCATED`, `MODEL_JSON`, `LOAD_CANCELLED`. Nothing is kept of a
 * load that does not finish.
 */
export async function fetchModel(
  address: URL,
  name: string,
  options: FetchOptions,
  hint?: string,
): Promise<ModelParts> {
  const folder = new URL(address);
  folder.pathname = folder.pathname.replace(/model\.json$/, "").replace(/([^/])$/, "$1/");
  const fetched = async (file: keyof ModelFiles): Promise<Blob> => {
    const blob = await fetchFile(new URL(file + folder.search, folder).href, file, name, options);
    if (!blob) throw missingPart(file, `at ${folder.href}`, hint);
    return blob;
  };
  const json = parseJson(
    await (await fetched(modelFiles.manifest)).text(),
    new URL(modelFiles.manifest, folder).href,
  );
  return { name, json, weights: blobSource(await fetched(modelFiles.weights)) };
}

async function fetchFile(
  address: string,
  file: keyof ModelFiles,
  name: string,
  { signal, onProgress, cache = true }: FetchOptions,
): Promise<Blob | undefined> {
  onProgress?.({ status: "initiate", name, file });
  const isKept = cache && file === modelFiles.weights;
  const kept = isKept ? await keptDownload(address, signal) : undefined;
  if (kept) {
    onProgress?.({ status: "done", name, file });
    return kept;
  }
  onProgress?.({ status: "download", name, file });
  const fetched = await download(address, {
    signal,
    onBytes: (loaded, total) => {
      const progress = total === undefined ? undefined : (100 * loaded) / total;
      onProgress?.({ status: "progress", name, file, loaded, total, progress });
    },
  });
  if (!fetched) return undefined;
  if (isKept) await keepDownload(address, fetched);
  onProgress?.({ status: "done", name, file });
  return fetched.blob;
}
