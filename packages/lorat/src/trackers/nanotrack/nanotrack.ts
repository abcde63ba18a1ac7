import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Box, Frame, Tracker, TrackResult } from "@lorat/core";
import { type Colour, imageMean, safeBox, toCorners } from "@lorat/core/geometry";
import { initialState, type StateMemory, updateState } from "@lorat/core/model";
import { type Device, float32, LoratError, modelInputs, Session, withInputShapes } from "@lorat/graph";
import { type PeerLoop, peerTracker, warmedUp } from "../peer-tracker.ts";
import { contextSize, PointHead, type PointHeadOptions } from "./point-head.ts";
import { cropSquare } from "./siamese-crop.ts";

/** Sides of the template and the search crop, pixels. */
const TEMPLATE_SIZE = 127;
const SEARCH_SIZE = 255;
/** A target is never thought smaller than this, image pixels. */
const SMALLEST_SIDE = 10;

export type NanoTrackVersion = "v2" | "v3";

interface Version extends Omit<PointHeadOptions, "grid"> {
  /** Names that the two files are published under. */
  readonly backbone: string;
  readonly head: string;
}

/** The TRACK sections of the two published configurations. */
const VERSIONS: Readonly<Record<NanoTrackVersion, Version>> = {
  v2: {
    backbone: "v2_nanotrack_backbone_sim.onnx",
    head: "v2_nanotrack_head_sim.onnx",
    stride: 16,
    windowInfluence: 0.49,
    penalty: 0.15,
    learningRate: 0.385,
  },
  v3: {
    backbone: "v3_nanotrack_backbone.onnx",
    head: "v3_nanotrack_head.onnx",
    stride: 16,
    windowInfluence: 0.455,
    penalty: 0.138,
    learningRate: 0.348,
  },
};

interface NanoTrackOptions {
  /** Default: `v3`. */
  readonly version?: NanoTrackVersion;
  readonly device?: Device;
  /** Threads inside an operator, CPU only; default: 1, since the layers are too small to share. */
  readonly threads?: number;
}

/**
 * NanoTrack, a small Siamese tracker, as a peer to compare with: its own crops, window and size update around its published
 * ONNX files. `folder` holds them under their published names; they are the user's, nothing is fetched. Gives the same
 * interface as a LoRAT tracker. Throws `PEER_FILES` naming the files that are missing, `ONNX_FILE`, `SESSION_CREATE`.
 */
export async function openNanoTrack(folder: string, options: NanoTrackOptions = {}): Promise<Tracker> {
  const { version = "v3", device, threads = 1 } = options;
  const session = { device, threads };
  const settings = VERSIONS[version];
  const [backbone, head] = await nanoTrackFiles(folder, version);
  const inputOf = (size: number) => {
    const [input] = modelInputs(backbone);
    return withInputShapes(backbone, { [input!.name]: [1, 3, size, size] });
  };
  const models = await Promise.all([
    Session.fromModel(inputOf(TEMPLATE_SIZE), session),
    Session.fromModel(inputOf(SEARCH_SIZE), session),
    Session.fromModel(head, session),
  ]);
  const [template, search, matching] = models;
  return warmedUp(peerTracker(new NanoTrackLoop({ template, search, matching }, settings)));
}

interface Networks {
  readonly template: Session;
  readonly search: Session;
  readonly matching: Session;
}

interface Memory {
  readonly border: Colour;
  readonly template: Float32Array;
  readonly templateShape: readonly number[];
  centreX: number;
  centreY: number;
  width: number;
  height: number;
  state: StateMemory;
}

class NanoTrackLoop implements PeerLoop<Memory> {
  readonly #networks: Networks;
  readonly #settings: Version;
  readonly #templatePixels = new Float32Array(3 * TEMPLATE_SIZE ** 2);
  readonly #searchPixels = new Float32Array(3 * SEARCH_SIZE ** 2);
  #head: PointHead | undefined;

  constructor(networks: Networks, settings: Version) {
    this.#networks = networks;
    this.#settings = settings;
  }

  async dispose(): Promise<void> {
    await Promise.all(Object.values(this.#networks).map((network: Session) => network.dispose()));
  }

  async start(frame: Frame, { x, y, width, height }: Box): Promise<Memory> {
    const border = imageMean(frame);
    const centreX = x + (width - 1) / 2;
    const centreY = y + (height - 1) / 2;
    const side = Math.max(Math.round(contextSize(width, height)), 1);
    cropSquare(frame, { centreX, centreY, side }, TEMPLATE_SIZE, border, this.#templatePixels);
    const features = await only(this.#networks.template, this.#templatePixels, TEMPLATE_SIZE);
    return {
      border,
      template: features.data,
      templateShape: features.shape,
      centreX,
      centreY,
      width,
      height,
      state: initialState,
    };
  }

  async track(frame: Frame, memory: Memory): Promise<TrackResult> {
    const { centreX, centreY, border } = memory;
    const scale = TEMPLATE_SIZE / contextSize(memory.width, memory.height); // crop pixels an image pixel
    const side = Math.max(Math.round(SEARCH_SIZE / scale), 1);
    cropSquare(frame, { centreX, centreY, side }, SEARCH_SIZE, border, this.#searchPixels);
    const search = await only(this.#networks.search, this.#searchPixels, SEARCH_SIZE);
    const [templateName, searchName] = this.#networks.matching.inputs.keys();
    const maps = await this.#networks.matching.compute({
      [templateName!]: float32(memory.template, memory.templateShape),
      [searchName!]: float32(search.data, search.shape),
    });
    const [classes, distances] = this.#networks.matching.outputNames.map((name) => maps[name]!);
    const grid = classes!.shape[3]!;
    this.#head ??= new PointHead({ ...this.#settings, grid });
    const found = this.#head.predict(
      classes!.data as Float32Array,
      distances!.data as Float32Array,
      memory.width * scale,
      memory.height * scale,
    );
    const previous = boxOf(memory);
    const follow = (old: number, seen: number) => old * (1 - found.rate) + (seen / scale) * found.rate;
    memory.centreX = clamp(centreX + found.dx / scale, 0, frame.width);
    memory.centreY = clamp(centreY + found.dy / scale, 0, frame.height);
    memory.width = clamp(follow(memory.width, found.width), SMALLEST_SIDE, frame.width);
    memory.height = clamp(follow(memory.height, found.height), SMALLEST_SIDE, frame.height);
    memory.state = updateState(memory.state, found.score);
    const raw = toCorners(boxOf(memory));
    return {
      box: safeBox(raw, toCorners(previous), frame),
      score: found.score,
      state: memory.state.state,
      raw: { box: raw, score: found.score },
    };
  }
}

/** The features of a crop. */
async function only(net: Session, pixels: Float32Array, size: number) {
  const outputs = await net.compute({ [[...net.inputs.keys()][0]!]: float32(pixels, [1, 3, size, size]) });
  const { data, shape } = outputs[net.outputNames[0]!]!;
  return { data: data as Float32Array, shape };
}

function boxOf({ centreX, centreY, width, height }: Memory): Box {
  return { x: centreX - width / 2, y: centreY - height / 2, width, height };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** Bytes of the two networks of a version. Throws `PEER_FILES` naming the files that are missing. */
export async function nanoTrackFiles(
  folder: string,
  version: NanoTrackVersion,
): Promise<[backbone: Uint8Array, head: Uint8Array]> {
  const names = [VERSIONS[version].backbone, VERSIONS[version].head];
  const read = await Promise.all(names.map((name) => readFile(join(folder, name)).catch(() => undefined)));
  const missing = names.filter((_, i) => read[i] === undefined);
  if (missing.length > 0) {
    throw new LoratError("PEER_FILES", `${folder} lacks ${missing.join(" and ")}`, {
      hint: "give the folder of NanoTrack's published ONNX files",
    });
  }
  return [read[0]!, read[1]!];
}
