import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LoratError } from "@lorat/graph";
import { fileSource } from "../weights/file-source.node.ts";
import { modelFiles } from "../weights/model-folder.ts";
import { type ModelParts, parseJson } from "./model-parts.ts";
import { bundledModels, type Place } from "./place.ts";

/** Folders that hold the bundled models: beside the built files, or the checkout's own. */
const bundledFolders = ["../models", "../../../../models"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** In Node a text is a bundled model's name, a folder, or an address with its scheme. */
export const place: Place = {
  async named(model) {
    if (/^https?:\/\//i.test(model)) return { address: new URL(model) };
    return { parts: await openFolder(/^file:/i.test(model) ? fileURLToPath(model) : model) };
  },
  fileSource,
};

async function openFolder(model: string): Promise<ModelParts> {
  const folder = await folderOf(model);
  const path = join(folder, modelFiles.manifest);
  const json = parseJson(await readFile(path, "utf8"), path);
  const file = resolve(folder, modelFiles.weights);
  const weights = await fileSource(file);
  return { name: model, json, weights, file, dispose: () => weights.dispose() };
}

/** The first folder that has a `model.json`: of the bundled models for their names, else the path as it stands. */
async function folderOf(model: string): Promise<string> {
  const isBundled = bundledModels.includes(model);
  for (const folder of isBundled ? bundledFolders.map((parent) => join(parent, model)) : [model]) {
    if (existsSync(join(folder, modelFiles.manifest))) return folder;
  }
  throw new LoratError(
    "MODEL_UNKNOWN",
    `there is no model "${model}": no ${modelFiles.manifest} was found there`,
    {
      hint: `use ${bundledModels.map((name) => `"${name}"`).join(" or ")}, a folder made by "lorat convert", or an address`,
    },
  );
}
