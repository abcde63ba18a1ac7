import type { AnnotationFormat } from "../clip.ts";
import { coco } from "./coco.ts";
import { csv } from "./csv.ts";
import { cvat } from "./cvat.ts";
import { dive } from "./dive.ts";
import { labelStudio } from "./label-studio.ts";
import { mot } from "./mot.ts";
import { got10k, lasot, otb, vot } from "./one-target.ts";
import { yolo } from "./yolo.ts";

/** Every format by its name. */
export const annotationFormats = {
  got10k,
  otb,
  lasot,
  vot,
  mot,
  coco,
  yolo,
  cvat,
  "label-studio": labelStudio,
  dive,
  csv,
} satisfies Record<string, AnnotationFormat>;

/** Name of one of {@link annotationFormats}, as `lorat boxes` takes it. */
export type AnnotationFormatName = keyof typeof annotationFormats;
