import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelFiles } from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import { userCacheFolder } from "../../files/user-cache.ts";

/** Folders that hold the models that come with the project: beside the built package, or the checkout's own. */
const bundledFolders = ["../../../models", "../../../../../models"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Names of models that come with the project. */
export const bundledModels = ["nano"];

/**
 * The folder of a model: a bundled one by name, else the path of a folder with a `model.json`, else one that `lorat pull` made, by
 * its name. Throws `MODEL_UNKNOWN`, naming the bundled models.
 */
export async function modelFolderPath(model: string): Promise<string> {
  const candidates = bundledModels.includes(model)
    ? bundledFolders.map((folder) => join(folder, model))
    : [model, ...(/[/\\]|^\.*$/.test(model) ? [] : [join(userCacheFolder("models"), model.toLowerCase())])];
  for (const folder of candidates) {
    if (await exists(join(folder, modelFiles.manifest))) return folder;
  }
  throw new LoratError(
    "MODEL_UNKNOWN",
    `there is no model "${model}": no ${modelFiles.manifest} was found there`,
    {
      hint: /^lorat-[blg]-(224|378)$/i.test(model)
        ? `fetch it first: lorat pull ${model.toLowerCase()}`
        : `use ${bundledModels.map((name) => `"${name}"`).join(", ")}, a name that "lorat pull" fetched, or a folder made by "lorat convert"`,
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
