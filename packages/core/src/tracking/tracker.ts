import { LoratError } from "@lorat/graph";
import { type Box, type Corners, intersects, isValidBox, toCorners } from "../geometry/box.ts";
import { Cropper } from "../geometry/crop.ts";
import {
  type CropParameters,
  cropParameters,
  searchCropParameters,
  toCrop,
} from "../geometry/crop-parameters.ts";
import type { Frame } from "../geometry/frame.ts";
import { type Colour, imageMean } from "../geometry/image-mean.ts";
import { writeForegroundMask } from "../geometry/mask.ts";
import { searchSizePx, templateSizePx } from "../model/variants.ts";
import { type Model, type NetworkRunOptions, TrackingNetwork } from "./network.ts";
import { nextStateBox, type PostprocessOptions, Postprocessor } from "./postprocess.ts";
import { safeBox } from "./safe-box.ts";
import { initialState, type StateMemory, type StateOptions, updateState } from "./state.ts";
import type { Target, Tracker, TrackResult } from "./types.ts";

export interface TrackerOptions extends NetworkRunOptions, PostprocessOptions {
  /** When a target counts as uncertain or lost. */
  readonly state?: StateOptions;
}

/** What a target remembers from frame to frame. */
interface TargetMemory {
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Colour outside the image: the first frame's mean. */
  readonly padding: Colour;
  /** `[Nz, dim]`. */
  readonly template: Float32Array;
  /** The box that the next frame is searched around. */
  box: Corners;
  state: StateMemory;
  disposed: boolean;
}

/**
 * Makes a tracker from a model (specification section 4.3). Its sessions are compiled before it is returned, so the first
 * frame is as fast as the others. Throws what {@link TrackingNetwork}'s sessions throw.
 */
export async function createTracker(model: Model, options: TrackerOptions = {}): Promise<Tracker> {
  const network = new TrackingNetwork(model, { device: options.device, threads: options.threads });
  await network.warmUp();
  return new LoratTracker(network, options);
}

class LoratTracker implements Tracker {
  readonly #network: TrackingNetwork;
  readonly #options: TrackerOptions;
  readonly #templateCropper: Cropper;
  readonly #searchCropper: Cropper;
  readonly #postprocessor: Postprocessor;
  readonly #targets = new WeakMap<Target, TargetMemory>();
  #searches = new Float32Array(0);
  #templates = new Float32Array(0);
  /** Calls run one after the other: they share the crop memory above. */
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(network: TrackingNetwork, options: TrackerOptions) {
    const { variant } = network.model.config;
    const size = searchSizePx(variant);
    const cells = variant.searchGrid;
    this.#network = network;
    this.#options = options;
    this.#templateCropper = new Cropper(templateSizePx(variant), templateSizePx(variant));
    this.#searchCropper = new Cropper(size, size);
    this.#postprocessor = new Postprocessor(
      { width: size, height: size, gridWidth: cells, gridHeight: cells },
      options,
    );
  }

  async start(frame: Frame, box: Box): Promise<Target> {
    this.#checkOpen();
    const corners = checkStart(frame, box);
    const { variant } = this.#network.model.config;
    const size = templateSizePx(variant);
    const padding = imageMean(frame);
    const pixels = new Float32Array(this.#templateCropper.length);
    const wished = cropParameters(corners, variant.templateAreaFactor, size, size);
    const parameters = this.#templateCropper.crop(frame, wished, padding, pixels);
    const mask = new Float32Array(variant.templateGrid ** 2);
    const grid = {
      width: size,
      height: size,
      gridWidth: variant.templateGrid,
      gridHeight: variant.templateGrid,
    };
    writeForegroundMask(toCrop(corners, parameters), grid, mask);
    const template = await this.#network.embedTemplate(pixels, mask);
    const target: Target = {
      track: async (next) => (await this.trackAll(next, [target]))[0]!,
      dispose: () => {
        this.#memoryOf(target).disposed = true;
      },
    };
    this.#targets.set(target, {
      imageWidth: frame.width,
      imageHeight: frame.height,
      padding,
      template,
      box: corners,
      state: initialState,
      disposed: false,
    });
    return target;
  }

  trackAll(frame: Frame, targets: readonly Target[]): Promise<TrackResult[]> {
    const result = this.#queue.then(() => this.#trackNow(frame, targets));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue;
    await this.#network.dispose();
  }

  async #trackNow(frame: Frame, targets: readonly Target[]): Promise<TrackResult[]> {
    this.#checkOpen();
    if (targets.length === 0) return [];
    const memories = targets.map((target) => this.#memoryFor(target, frame));
    const { variant } = this.#network.model.config;
    const size = searchSizePx(variant);
    const searchLength = this.#searchCropper.length;
    const templateLength = variant.templateGrid ** 2 * variant.dim;
    this.#searches = resized(this.#searches, memories.length * searchLength);
    this.#templates = resized(this.#templates, memories.length * templateLength);
    const searches = this.#searches;
    const templates = this.#templates;
    const crops: CropParameters[] = memories.map((memory, i) => {
      templates.set(memory.template, i * templateLength);
      const wished = searchCropParameters(memory.box, variant.searchAreaFactor, size, size);
      return this.#searchCropper.crop(frame, wished, memory.padding, searches, i * searchLength);
    });
    const maps = await this.#network.search(templates, searches, memories.length);
    return memories.map((memory, i) => this.#conclude(memory, maps.scoreMap, maps.boxes, crops[i]!, i));
  }

  #conclude(
    memory: TargetMemory,
    scoreMap: Float32Array,
    boxes: Float32Array,
    crop: CropParameters,
    index: number,
  ): TrackResult {
    const { imageWidth, imageHeight } = memory;
    const raw = this.#postprocessor.predict(scoreMap, boxes, crop, imageWidth, imageHeight, index);
    const previous = memory.box;
    memory.box = nextStateBox(previous, raw.box, imageWidth, imageHeight);
    memory.state = updateState(memory.state, raw.score, this.#options.state);
    return {
      box: safeBox(raw.box, previous, imageWidth, imageHeight),
      score: Number.isNaN(raw.score) ? 0 : raw.score,
      state: memory.state.state,
      raw: { box: raw.box, score: raw.score },
    };
  }

  #memoryFor(target: Target, frame: Frame): TargetMemory {
    const memory = this.#memoryOf(target);
    if (memory.disposed) throw new LoratError("TARGET_DISPOSED", "the target was disposed");
    if (frame.width !== memory.imageWidth || frame.height !== memory.imageHeight) {
      throw new LoratError(
        "FRAME_SIZE",
        `the target was started on ${memory.imageWidth} x ${memory.imageHeight} pixels, this frame has ${frame.width} x ${frame.height}`,
        { hint: "start a new target after a change of size" },
      );
    }
    return memory;
  }

  #memoryOf(target: Target): TargetMemory {
    const memory = this.#targets.get(target);
    if (!memory) throw new LoratError("TARGET_FOREIGN", "the target was started by another tracker");
    return memory;
  }

  #checkOpen(): void {
    if (this.#disposed) throw new LoratError("TRACKER_DISPOSED", "the tracker was disposed");
  }
}

/** The box as corners. Throws `BOX_INVALID` unless it is finite, has a size and touches the image. */
function checkStart(frame: Frame, box: Box): Corners {
  const corners = toCorners(box);
  const described = `x ${box.x}, y ${box.y}, width ${box.width}, height ${box.height}`;
  if (!isValidBox(corners)) {
    throw new LoratError("BOX_INVALID", `a box needs finite numbers and a size above zero, got ${described}`);
  }
  if (!intersects(corners, [0, 0, frame.width, frame.height])) {
    throw new LoratError(
      "BOX_INVALID",
      `the box (${described}) lies outside the image of ${frame.width} x ${frame.height} pixels`,
    );
  }
  return corners;
}

/** The array when it has the length, else a new one. */
function resized(array: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  return array.length === length ? array : new Float32Array(length);
}
