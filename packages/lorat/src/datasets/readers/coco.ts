import { posix } from "node:path";
import { z } from "zod";
import type { AnnotationSource } from "../annotation-source.ts";
import { below } from "../files.ts";
import { framesOf } from "../frame-names.ts";
import { findPictures, folderOf, readJsonLists } from "../json-annotation.ts";
import type { DatasetReader, RawObject, RawSequence, SequenceEntry } from "../raw.ts";

const lists = {
  images: z.object({
    id: z.number(),
    file_name: z.string(),
    width: z.number().optional(),
    height: z.number().optional(),
  }),
  annotations: z.object({
    image_id: z.number(),
    bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
    iscrowd: z.union([z.number(), z.boolean()]).nullish(),
  }),
};

/**
 * COCO: `annotations/instances_{train,val}2017.json` with the pictures in `images/` or beside; or one such file of any name.
 * Each picture is a sequence of one frame, each object that is no crowd a track (specification 5.1).
 */
export const coco: DatasetReader = {
  layout:
    "annotations/instances_train2017.json with pictures in images/train2017 or train2017; or a JSON file itself",
  splits: ["train", "val"],
  async entries(source, splits) {
    const entries: SequenceEntry[] = [];
    for (const file of await annotationFiles(source, splits)) {
      for (const picture of await readPictures(source, file))
        entries.push({ name: picture.name, read: async () => [picture] });
    }
    return entries;
  },
};

/** The split's file where the dataset is a folder; the file itself, or the only one there, otherwise. */
async function annotationFiles(source: AnnotationSource, splits: readonly string[]): Promise<string[]> {
  if (source.file) return [source.file];
  const [top, annotations] = await Promise.all([source.list(""), source.list("annotations")]);
  const names = splits.map((split) => `instances_${split}2017.json`);
  const official = names.filter((name) => annotations?.files.includes(name));
  if (official.length > 0) return official.map((name) => `annotations/${name}`);
  const single = ["instances.json", "annotations.json", "_annotations.coco.json"];
  return single.filter((name) => top?.files.includes(name)).slice(0, 1);
}

async function readPictures(source: AnnotationSource, file: string): Promise<RawSequence[]> {
  const pictures: z.infer<(typeof lists)["images"]>[] = [];
  const objects = new Map<number, RawObject[]>();
  await readJsonLists(source, file, lists, {
    images: (image) => pictures.push(image),
    annotations({ image_id, bbox, iscrowd }) {
      if (iscrowd || !bbox) return;
      const object = { first: 0, boxes: Float64Array.from(bbox) };
      const known = objects.get(image_id);
      if (known) known.push(object);
      else objects.set(image_id, [object]);
    },
  });
  const part = /instances_(.+)\.json$/.exec(file)?.[1] ?? "images";
  const beside = folderOf(file);
  const root = beside.endsWith("annotations") ? posix.join(beside, "..").replace(/^\.$/, "") : beside;
  const folders = [below(below(root, "images"), part), below(root, part), below(root, "images"), root];
  const names = pictures.map(({ file_name }) => file_name);
  const folder = await findPictures(source, folders, names);
  return pictures.map(({ id, file_name, width, height }) => ({
    name: file_name.replace(/\.[^.]*$/, ""),
    folder: below(folder ?? "", folderOf(file_name)),
    frames: framesOf(folder === undefined ? [] : [posix.basename(file_name)]),
    objects: objects.get(id) ?? [],
    size: width !== undefined && height !== undefined ? { width, height } : undefined,
  }));
}
