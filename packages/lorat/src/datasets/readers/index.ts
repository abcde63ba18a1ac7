import type { DatasetKind } from "../dataset.ts";
import type { DatasetReader } from "../raw.ts";
import { coco } from "./coco.ts";
import { cocoVideo } from "./coco-video.ts";
import { cvat } from "./cvat.ts";
import { folder } from "./folder.ts";
import { got10k } from "./got10k.ts";
import { lasot, lasotExt } from "./lasot.ts";
import { mot } from "./mot.ts";
import { nfs } from "./nfs.ts";
import { otb } from "./otb.ts";
import { tc128 } from "./tc128.ts";
import { tnl2k } from "./tnl2k.ts";
import { trackingnet } from "./trackingnet.ts";
import { uav123 } from "./uav123.ts";
import { vasttrack } from "./vasttrack.ts";
import { vot } from "./vot.ts";
import { yolo } from "./yolo.ts";

/** How each kind is read. */
export const READERS: Readonly<Record<DatasetKind, DatasetReader>> = {
  lasot,
  lasot_ext: lasotExt,
  trackingnet,
  got10k,
  tnl2k,
  vasttrack,
  coco,
  otb,
  uav123,
  nfs,
  tc128,
  vot,
  folder,
  mot,
  coco_video: cocoVideo,
  cvat,
  yolo,
};
