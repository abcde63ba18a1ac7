/**
 * Boxes of targets in the formats of benchmarks and annotation tools, read and written as texts: the same in a page and in Node.
 */
export {
  boundsOfPolygon,
  describeRow,
  hasDecimalCommas,
  parseBoxes,
  parseBoxRows,
  splitLines,
  splitNumbers,
} from "./box-rows.ts";
export type {
  AnnotatedBox,
  AnnotatedClip,
  AnnotatedTrack,
  AnnotationFormat,
  ClipFacts,
  ReadContext,
  TextFiles,
} from "./clip.ts";
export { lostIn, readAnnotations, writeAnnotations } from "./convert.ts";
export { type CvatDocument, type CvatShape, parseCvat } from "./cvat-xml.ts";
export { type AnnotationFormatName, annotationFormats } from "./formats/index.ts";
export { objectsOf, parseYolo, type YoloObject, type YoloRow } from "./yolo-rows.ts";
