import { usageError } from "./errors.ts";

/** Throws `USAGE` for the name of a model that comes with lorat: every project on the machine would get the change. */
export async function checkChangeable(model: string, force = false): Promise<void> {
  const { bundledModels, modelFolderPath } = await import("../trackers/model/model-path.ts");
  if (force || !bundledModels.includes(model)) return;
  throw usageError(
    `${model} comes with lorat, and this would change it for every project that uses it`,
    `Copy its folder and give the copy: cp -r ${await modelFolderPath(model)} my-${model}; or give --force.`,
  );
}
