import { LoratError } from "@lorat/graph";
import type { z } from "zod";
import type { AnnotationSource } from "./annotation-source.ts";
import { below } from "./files.ts";
import { forEachJsonElement } from "./json-elements.ts";

/**
 * Reads lists of a JSON annotation, each element checked; undefined where there is no such file.
 * Throws `DATASET_JSON`, naming the first element that is not what was expected.
 */
export async function readJsonLists<T extends Record<string, z.ZodType>>(
  source: AnnotationSource,
  file: string,
  lists: T,
  use: { readonly [K in keyof T]: (element: z.infer<T[K]>) => void },
): Promise<boolean> {
  const bytes = await source.readBytes(file);
  if (!bytes) return false;
  const visit = Object.keys(lists).map((list) => {
    let position = 0;
    const check = (element: unknown) => {
      const { success, data, error } = lists[list]!.safeParse(element);
      if (!success) {
        const [issue] = error.issues;
        const where = [`${list}[${position}]`, ...(issue?.path ?? [])].join(".");
        throw new LoratError("DATASET_JSON", `${file}: ${where}: ${issue?.message}`);
      }
      position++;
      use[list]!(data as never);
    };
    return [list, check] as const;
  });
  forEachJsonElement(bytes, Object.fromEntries(visit), file);
  return true;
}

/** The first of the folders that has one of a few of the pictures; undefined where none has. */
export async function findPictures(
  source: AnnotationSource,
  folders: readonly string[],
  pictures: readonly string[],
): Promise<string | undefined> {
  const some = new Set([0, pictures.length >> 1, pictures.length - 1].map((i) => pictures[i]));
  for (const folder of folders)
    for (const picture of some)
      if (picture !== undefined && (await source.hasPicture(below(folder, picture)))) return folder;
  return undefined;
}

/** Folder of a file of the dataset, empty for its own. */
export function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "";
}
