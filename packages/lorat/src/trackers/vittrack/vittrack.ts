import { readFile } from "node:fs/promises";
import type { Box, Frame, Tracker, TrackResult } from "@lorat/core";
import { IMAGENET_MEAN, IMAGENET_STD, safeBox, toCorners } from "@lorat/core/geometry";
import { initialState, type StateMemory, updateState } from "@lorat/core/model";
import { type Device, float32, LoratError, Session } from "@lorat/graph";
import { cropSquare } from "../nanotrack/siamese-crop.ts";
import { type PeerLoop, peerTracker, warmedUp } from "../peer-tracker.ts";

/** Sides of the crops, pixels, and how much wider than the target they are. */
const TEMPLATE = { name: "template", sizePx: 128, factor: 2 };
const SEARCH = { name: "search", sizePx: 256, factor: 4 };
/** Cells a side of the score, size and offset maps. */
const GRID = 16;
const BLACK = [0, 0, 0] as const;

export interface VitTrackOptions {
  readonly device?: Device | undefined;
  /** Threads inside an operator, CPU only; default: 1: the layers are too small to share. */
  readonly threads?: number | undefined;
}

/**
 * VitTrack, the small transformer tracker of OpenCV's zoo, as a peer to compare with: its published ONNX file inside the crops,
 * window and box update of OpenCV's `TrackerVit`. Nothing is fetched. Gives the same interface as a LoRAT tracker. Throws
 * `PEER_FILES` where there is no file, `PEER_MODEL` for another network, `SESSION_CREATE`.
 */
export async function openVitTrack(path: string, options: VitTrackOptions = {}): Promise<Tracker> {
  const { device, threads = 1 } = options;
  const network = await Session.fromModel(await vitTrackFile(path), { device, threads });
  const inputs = [...network.inputs.keys()].sort().join(", ");
  if (inputs !== "search, template" || network.outputNames.length !== 3) {
    await network.dispose();
    throw new LoratError(
      "PEER_MODEL",
      `${path} is not VitTrack: its inputs are ${inputs || "none"} and it has ${network.outputNames.length} outputs`,
      { hint: "give object_tracking_vittrack_2023sep.onnx: inputs template and search, three outputs" },
    );
  }
  return warmedUp(peerTracker(new VitTrackLoop(network)));
}

/** Bytes of the network. Throws `PEER_FILES`. */
export async function vitTrackFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw new LoratError("PEER_FILES", `there is no VitTrack file at ${path}`, {
      hint: "give the path of object_tracking_vittrack_2023sep.onnx",
      cause,
    });
  });
}

interface Memory {
  /** `[1, 3, 128, 128]`. */
  readonly template: Float32Array;
  /** Whole pixels, as OpenCV keeps it. */
  box: Box;
  state: StateMemory;
}

class VitTrackLoop implements PeerLoop<Memory> {
  readonly #network: Session;
  readonly #window = hannWindow(GRID);
  readonly #search = new Float32Array(3 * SEARCH.sizePx ** 2);

  constructor(network: Session) {
    this.#network = network;
  }

  async start(frame: Frame, { x, y, width, height }: Box): Promise<Memory> {
    const box = {
      x: Math.trunc(x),
      y: Math.trunc(y),
      width: Math.trunc(width) || 1,
      height: Math.trunc(height) || 1,
    };
    const template = new Float32Array(3 * TEMPLATE.sizePx ** 2);
    cropAround(frame, box, TEMPLATE, template);
    return { template, box, state: initialState };
  }

  async track(frame: Frame, memory: Memory): Promise<TrackResult> {
    cropAround(frame, memory.box, SEARCH, this.#search);
    const maps = await this.#network.compute({
      template: float32(memory.template, [1, 3, TEMPLATE.sizePx, TEMPLATE.sizePx]),
      search: float32(this.#search, [1, 3, SEARCH.sizePx, SEARCH.sizePx]),
    });
    const [scores, sizes, offsets] = this.#network.outputNames.map(
      (name) => maps[name]!.data as Float32Array,
    );
    const { cell, score } = best(scores!, this.#window);
    const plane = GRID ** 2;
    const centreX = ((cell % GRID) + offsets![cell]!) / GRID;
    const centreY = (Math.floor(cell / GRID) + offsets![plane + cell]!) / GRID;
    const [width, height] = [sizes![cell]!, sizes![plane + cell]!];
    const found = inImage({ x: centreX - width / 2, y: centreY - height / 2, width, height }, memory.box);
    const previous = memory.box;
    memory.state = updateState(memory.state, score);
    // OpenCV keeps a rectangle of whole pixels.
    memory.box = {
      x: Math.trunc(found.x),
      y: Math.trunc(found.y),
      width: Math.max(Math.trunc(found.width), 1),
      height: Math.max(Math.trunc(found.height), 1),
    };
    const raw = toCorners(memory.box);
    return {
      box: safeBox(raw, toCorners(previous), frame),
      score,
      state: memory.state.state,
      raw: { box: raw, score },
    };
  }

  dispose(): Promise<void> {
    return this.#network.dispose();
  }
}

/** Writes planes B, G, R of `[size, size]`, normalised by ImageNet's numbers in that order, as the network was trained. */
function cropAround(frame: Frame, box: Box, { sizePx, factor }: typeof SEARCH, target: Float32Array): void {
  const side = Math.max(Math.ceil(Math.sqrt(box.width * box.height) * factor), 1);
  const place = { centreX: box.x + box.width / 2, centreY: box.y + box.height / 2, side };
  cropSquare(frame, place, sizePx, BLACK, target);
  const plane = sizePx ** 2;
  for (let c = 0; c < 3; c++) {
    for (let i = c * plane; i < (c + 1) * plane; i++) {
      target[i] = (target[i]! / 255 - IMAGENET_MEAN[c]!) / IMAGENET_STD[c]!;
    }
  }
}

/** The cell of the highest windowed score, and that score. */
function best(scores: Float32Array, window: Float32Array): { cell: number; score: number } {
  let cell = 0;
  let score = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    const value = scores[i]! * window[i]!;
    if (value > score) [cell, score] = [i, value];
  }
  return { cell, score };
}

/** A box in fractions of the search crop, as a box in image pixels. */
function inImage({ x, y, width, height }: Box, last: Box): Box {
  const side = SEARCH.factor * Math.floor(Math.sqrt(last.width * last.height));
  return {
    x: x * side + last.x + (last.width - side) / 2,
    y: y * side + last.y + (last.height - side) / 2,
    width: width * side,
    height: height * side,
  };
}

/** A two-dimensional Hann window whose ends are above zero. */
function hannWindow(size: number): Float32Array {
  const row = Float64Array.from(
    { length: size },
    (_, i) => 0.5 * (1 - Math.cos((2 * Math.PI * (i + 1)) / (size + 1))),
  );
  return Float32Array.from({ length: size * size }, (_, i) => row[Math.floor(i / size)]! * row[i % size]!);
}
