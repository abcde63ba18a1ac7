import { LoratError } from "@lorat/graph";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { Size } from "../geometry/frame.ts";
import { boundsOfPolygon } from "./box-rows.ts";

type FourNumbers = readonly [x: number, y: number, width: number, height: number];

/** One drawn shape of a track; undefined where the object has left the picture. */
export interface CvatShape {
  readonly frame: number;
  readonly box: FourNumbers | undefined;
  readonly occluded?: boolean;
}

interface CvatTrack {
  readonly id: string;
  readonly label: string;
  readonly shapes: readonly CvatShape[];
}

/** One picture of the format CVAT for images. */
interface CvatPicture {
  /** As the file names it, perhaps with folders. */
  readonly file: string;
  readonly size: Size;
  readonly shapes: readonly { readonly label: string; readonly track?: string; readonly box: FourNumbers }[];
}

/** What a file of CVAT says: tracks of a video, or pictures with boxes. */
export interface CvatDocument {
  readonly tracks: readonly CvatTrack[];
  readonly pictures: readonly CvatPicture[];
  readonly size?: Size;
  readonly videoName?: string;
  /** Frames of the task; 0 where the file does not say. */
  readonly frameCount: number;
  /** Number of its first frame, and how many numbers further each next one is. */
  readonly start: number;
  readonly step: number;
  /** Kinds of shapes that have no box, with how many there are. */
  readonly leftOut: ReadonlyMap<string, number>;
}

const number = z.coerce.number();
const flag = z.enum(["0", "1"]).default("0");
const common = { frame: number.default(0), outside: flag, occluded: flag, label: z.string().default("") };
const attributes = z
  .array(z.object({ name: z.string().default(""), "#text": z.coerce.string().default("") }).or(z.string()))
  .default([]);
const corners = { xtl: number, ytl: number, xbr: number, ybr: number };
const shapeKinds = {
  box: z.object({ ...common, ...corners, rotation: number.default(0), attribute: attributes }),
  polygon: z.object({ ...common, points: z.string(), attribute: attributes }),
  polyline: z.object({ ...common, points: z.string(), attribute: attributes }),
  ellipse: z.object({
    ...common,
    ...{ cx: number, cy: number, rx: number, ry: number },
    rotation: number.default(0),
    attribute: attributes,
  }),
  mask: z.object({
    ...common,
    ...{ left: number, top: number, width: number, height: number },
    attribute: attributes,
  }),
};
/** Shapes that are no outline of an object: a box of theirs would be made up. */
const BOXLESS = ["points", "cuboid", "skeleton", "tag"];
const lists = {
  ...Object.fromEntries(
    Object.entries(shapeKinds).map(([kind, shape]) => [kind, z.array(shape).default([])]),
  ),
  ...Object.fromEntries(BOXLESS.map((kind) => [kind, z.array(z.unknown()).default([])])),
};
const document = z.object({
  annotations: z.object({
    track: z
      .array(z.object({ id: z.string().default(""), label: z.string().default(""), ...lists }))
      .default([]),
    image: z.array(z.object({ name: z.string(), width: number, height: number, ...lists })).default([]),
    meta: z.unknown().optional(),
  }),
});
const taskMeta = z.object({
  size: number.optional(),
  start_frame: number.optional(),
  frame_filter: z.string().optional(),
  source: z.string().optional(),
  original_size: z.object({ width: number, height: number }).optional(),
});

/** Tracks or pictures, and the task, of a file in the format CVAT for video or CVAT for images. Throws `DATASET_XML`. */
export function parseCvat(text: string, file: string): CvatDocument {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (tag, _path, _isLeaf, isAttribute) =>
      !isAttribute &&
      (tag === "track" ||
        tag === "image" ||
        tag === "attribute" ||
        tag in shapeKinds ||
        BOXLESS.includes(tag)),
  });
  let tree: unknown;
  try {
    tree = parser.parse(text.replace(/^\uFEFF/, ""), true);
  } catch (cause) {
    throw new LoratError("DATASET_XML", `${file} is not XML: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = document.safeParse(tree);
  if (!success) {
    throw new LoratError("DATASET_XML", `${file} is not in the format CVAT for video or CVAT for images`, {
      issues: error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  }
  const { track, image, meta: annotated } = data.annotations;
  const about = (annotated ?? {}) as { task?: unknown; job?: unknown };
  const meta = taskMeta.safeParse(about.job ?? about.task ?? {}).data;
  const leftOut = new Map<string, number>();
  for (const owner of [...track, ...image]) {
    for (const kind of BOXLESS) {
      const count = (owner as unknown as Record<string, unknown[]>)[kind]!.length;
      if (count > 0) leftOut.set(kind, (leftOut.get(kind) ?? 0) + count);
    }
  }
  return {
    tracks: track.map((one) => ({
      id: one.id,
      label: one.label,
      shapes: shapesOf(one).map(({ frame, box, occluded }) => ({ frame, box, occluded })),
    })),
    pictures: image.map((one) => ({
      file: one.name,
      size: { width: one.width, height: one.height },
      shapes: shapesOf(one).flatMap(({ label, track: id, box }) => (box ? [{ label, box, track: id }] : [])),
    })),
    frameCount: meta?.size ?? 0,
    start: meta?.start_frame ?? 0,
    step: Number(/step\s*=\s*(\d+)/.exec(meta?.frame_filter ?? "")?.[1] ?? 1) || 1,
    leftOut,
    size: meta?.original_size,
    videoName: meta?.source,
  };
}

type Drawn = CvatShape & { readonly label: string; readonly track: string | undefined };

function shapesOf(owner: object): Drawn[] {
  const of = owner as { [K in keyof typeof shapeKinds]: z.infer<(typeof shapeKinds)[K]>[] };
  const drawn = (shape: z.infer<(typeof shapeKinds)["polygon"]> | object, box: FourNumbers): Drawn => {
    const { frame, outside, occluded, label, attribute } = shape as z.infer<(typeof shapeKinds)["mask"]>;
    const id = attribute.find((one) => typeof one === "object" && /^track[ _]?id$/i.test(one.name));
    const track = typeof id === "object" ? id["#text"] : undefined;
    return { frame, label, track, box: outside === "1" ? undefined : box, occluded: occluded === "1" };
  };
  return [
    ...of.box.map((one) => drawn(one, turned(one.xtl, one.ytl, one.xbr, one.ybr, one.rotation))),
    ...[...of.polygon, ...of.polyline].map((one) =>
      drawn(one, boundsOfPolygon(one.points.split(/[;,\s]+/).map(Number))),
    ),
    ...of.ellipse.map((one) => drawn(one, ellipseBounds(one))),
    ...of.mask.map((one) => drawn(one, [one.left, one.top, one.width, one.height])),
  ];
}

/** Tight box around a box turned about its centre by `degrees`. */
function turned(x1: number, y1: number, x2: number, y2: number, degrees: number): FourNumbers {
  const [width, height] = [x2 - x1, y2 - y1];
  if (degrees === 0) return [x1, y1, width, height];
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const [across, down] = [width * cos + height * sin, width * sin + height * cos];
  return [(x1 + x2 - across) / 2, (y1 + y2 - down) / 2, across, down];
}

/** Tight box around an ellipse of radii `rx` and `ry`, turned about its centre. */
function ellipseBounds({ cx, cy, rx, ry, rotation }: z.infer<(typeof shapeKinds)["ellipse"]>): FourNumbers {
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const half = [Math.hypot(rx * cos, ry * sin), Math.hypot(rx * sin, ry * cos)] as const;
  return [cx - half[0], cy - half[1], 2 * half[0], 2 * half[1]];
}
