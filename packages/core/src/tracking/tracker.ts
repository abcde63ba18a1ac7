import { asyncDisposeSymbol, type ConcreteDevice, disposeSymbol, LoratError } from "@lorat/graph";
import type { FrameInput } from "../frames/frame-input.ts";
import { toFrame } from "../frames/to-frame.ts";
import {
  type Box,
  type Corners,
  clipToImage,
  intersects,
  isValidBox,
  safeBox,
  toCorners,
} from "../geometry/box.ts";
import { Cropper } from "../geometry/crop.ts";
import { type CropParameters, searchCropParameters } from "../geometry/crop-parameters.ts";
import type { Frame, Size } from "../geometry/frame.ts";
import { type Colour, imageMean } from "../geometry/image-mean.ts";
import { searchSizePx } from "../model/variants.ts";
import { calibratedScore } from "./calibration.ts";
import { dampedSize, type LoopSettings } from "./loop.ts";
import { type Model, type NetworkRunOptions, TrackingNetwork } from "./network.ts";
import { nextStateBox, type PostprocessOptions, Postprocessor, type Prediction } from "./postprocess.ts";
import { PresenceModel } from "./presence.ts";
import { followed, held, LostSearch, passesOf, type RedetectOptions, type Sighting } from "./redetection.ts";
import { defaultReferenceRule } from "./reference.ts";
import { initialState, isSure, type StateMemory, type StateOptions, updateState } from "./state.ts";
import { type TargetViews, ViewMaker } from "./target-views.ts";
import type { Target, Tracker, TrackResult } from "./types.ts";

/** How a tracker runs and judges. */
export interface TrackerOptions extends NetworkRunOptions, Pick<PostprocessOptions, "windowWeight"> {
  /** How the loop departs from the reference's; default: as the model says, `referenceLoop` for the reference's own. */
  readonly loop?: LoopSettings;
  /** When a target counts as uncertain or lost. */
  readonly state?: StateOptions;
  /**
   * Looks for a lost target where it was last seen and then outwards over the whole frame, at a bounded cost a frame
   * ({@link RedetectOptions}); default: false, the loop of the method, which follows whatever fits best.
   */
  readonly redetect?: boolean | RedetectOptions;
}

/** What a target remembers from frame to frame. */
interface TargetMemory {
  readonly image: Size;
  /** Colour outside the image: the first frame's mean. */
  readonly padding: Colour;
  readonly views: TargetViews;
  /** The box that the next frame is searched around. */
  box: Corners;
  state: StateMemory;
  readonly presence: PresenceModel;
  readonly lost: LostSearch;
  disposed: boolean;
}

/**
 * Makes a tracker from a model (specification section 4.3). Its sessions are compiled before it is returned, so the first
 * frame is as fast as the others. Throws what {@link TrackingNetwork}'s sessions throw.
 */
export async function createTracker(model: Model, options: TrackerOptions = {}): Promise<Tracker> {
  const network = new TrackingNetwork(model, options);
  try {
    await network.warmUp();
  } catch (error) {
    await network.dispose();
    throw error;
  }
  return new LoratTracker(network, options);
}

class LoratTracker implements Tracker {
  readonly #network: TrackingNetwork;
  readonly #options: TrackerOptions;
  readonly #sizeGain: number;
  readonly #viewMaker: ViewMaker;
  readonly #searchCropper: Cropper;
  readonly #postprocessor: Postprocessor;
  /** For regions far from where the target was: their middle is as good as their border. */
  readonly #unwindowed: Postprocessor;
  /** Further passes of the network in a frame for a lost target, 0 without re-detection. */
  readonly #extraPasses: number;
  readonly #targets = new WeakMap<Target, TargetMemory>();
  #searches = new Float32Array(0);
  #templates = new Float32Array(0);
  #elsewhere = new Float32Array(0);
  /** Calls run one after the other: they share the crop memory above. */
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(network: TrackingNetwork, options: TrackerOptions) {
    const { variant } = network.model.config;
    this.#network = network;
    this.#options = options;
    const side = searchSizePx(variant);
    this.#searchCropper = new Cropper({ width: side, height: side });
    const grid = { sizePx: side, cells: variant.searchGrid };
    const {
      boxVoting,
      sizeGain = 1,
      windowWeight,
      reference = defaultReferenceRule,
    } = options.loop ?? network.model.loop ?? {};
    this.#postprocessor = new Postprocessor(grid, {
      windowWeight: options.windowWeight ?? windowWeight,
      boxVoting,
    });
    this.#unwindowed = new Postprocessor(grid, { windowWeight: 0, boxVoting });
    this.#sizeGain = sizeGain;
    this.#viewMaker = new ViewMaker(network, reference);
    this.#extraPasses = passesOf(options.redetect);
  }

  get device(): ConcreteDevice | undefined {
    return this.#network.device;
  }

  async start(picture: FrameInput, box: Box): Promise<Target> {
    this.#checkOpen();
    const frame = toFrame(picture);
    const corners = checkStart(frame, box);
    const { variant } = this.#network.model.config;
    const padding = imageMean(frame);
    const views = await this.#viewMaker.start(frame, corners, padding);
    const target: Target = {
      track: async (next) => (await this.trackAll(next, [target]))[0]!,
      dispose: () => {
        this.#memoryOf(target).disposed = true;
      },
      [disposeSymbol]: () => target.dispose(),
    };
    this.#targets.set(target, {
      image: { width: frame.width, height: frame.height },
      padding,
      views,
      box: corners,
      state: initialState,
      presence: new PresenceModel(frame, corners, this.#network.model.presence),
      lost: new LostSearch(corners, frame, variant.searchAreaFactor),
      disposed: false,
    });
    return target;
  }

  async trackAll(picture: FrameInput, targets: readonly Target[]): Promise<TrackResult[]> {
    const frame = toFrame(picture);
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

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }

  async #trackNow(frame: Frame, targets: readonly Target[]): Promise<TrackResult[]> {
    this.#checkOpen();
    if (targets.length === 0) return [];
    const memories = targets.map((target) => this.#memoryFor(target, frame));
    const { variant } = this.#network.model.config;
    const searchLength = this.#searchCropper.length;
    const templateLength = memories[0]!.views.memory.length;
    this.#searches = resized(this.#searches, memories.length * searchLength);
    this.#templates = resized(this.#templates, memories.length * templateLength);
    const searches = this.#searches;
    const templates = this.#templates;
    const crops: CropParameters[] = memories.map((memory, i) => {
      templates.set(memory.views.memory, i * templateLength);
      const wished = searchCropParameters(memory.box, variant.searchAreaFactor, this.#searchCropper.size);
      return this.#searchCropper.crop(frame, wished, memory.padding, searches, i * searchLength);
    });
    const maps = await this.#network.search(templates, searches, memories.length);
    const predictions = memories.map(({ image }, i) =>
      this.#postprocessor.predict(maps, crops[i]!, image, i),
    );
    const results: TrackResult[] = [];
    for (const [i, memory] of memories.entries()) {
      const result = await this.#conclude(memory, frame, this.#sight(memory, frame, predictions[i]!));
      await memory.views.learn(frame, result);
      results.push(result);
    }
    return results;
  }

  /** Takes in what a frame showed of a target. */
  async #conclude(memory: TargetMemory, frame: Frame, near: Sighting): Promise<TrackResult> {
    const { image, lost, presence } = memory;
    const seen = await this.#foundAgain(memory, frame, near);
    memory.state = updateState(memory.state, seen.evidence.presence, this.#options.state);
    const { state } = memory.state;
    const isSeen = this.#isSure(seen);
    if (state === "tracked" && isSeen) {
      presence.learn(seen.evidence);
      lost.seen(seen.box);
    }
    const isAstray = state === "lost" && !isSeen;
    const { raw, next, shown } = this.#redetects
      ? held(seen, lost, state, isAstray)
      : followed(seen, lost, isAstray);
    const previous = memory.box;
    memory.box = nextStateBox(previous, next, image);
    return {
      box: safeBox(shown, previous, image),
      score: calibratedScore(seen.score, this.#network.model.calibration),
      state,
      raw: { box: raw, score: seen.score },
    };
  }

  /** Re-detection: a sure sighting elsewhere of a target that was lost; else, and always without it, `near`. */
  async #foundAgain(memory: TargetMemory, frame: Frame, near: Sighting): Promise<Sighting> {
    if (!this.#redetects || memory.state.state !== "lost" || this.#isSure(near)) return near;
    const elsewhere = await this.#lookAround(memory, frame);
    return elsewhere.find((sighting) => this.#isSure(sighting)) ?? near;
  }

  get #redetects(): boolean {
    return this.#extraPasses > 0;
  }

  #isSure({ evidence }: Sighting): boolean {
    return isSure(evidence.presence, this.#options.state);
  }

  /** What the next regions show of a lost target, the likeliest first; one pass of the network each. */
  async #lookAround(memory: TargetMemory, frame: Frame): Promise<Sighting[]> {
    const { variant } = this.#network.model.config;
    const { image, padding, views, lost } = memory;
    this.#elsewhere = resized(this.#elsewhere, this.#searchCropper.length);
    const sightings: Sighting[] = [];
    for (const box of lost.next(this.#extraPasses)) {
      const wished = searchCropParameters(box, variant.searchAreaFactor, this.#searchCropper.size);
      const crop = this.#searchCropper.crop(frame, wished, padding, this.#elsewhere);
      const maps = await this.#network.search(views.memory, this.#elsewhere, 1);
      const prediction = this.#unwindowed.predict(maps, crop, image);
      if (lost.fits(prediction.box)) sightings.push(this.#sight(memory, frame, prediction));
    }
    return sightings.sort((a, b) => b.evidence.presence - a.evidence.presence);
  }

  #sight(
    { box: previous, presence }: TargetMemory,
    frame: Frame,
    { box: predicted, score }: Prediction,
  ): Sighting {
    const damped = dampedSize(previous, predicted, this.#sizeGain);
    const box = damped === predicted ? predicted : clipToImage(damped, frame);
    return { box, score, evidence: presence.judge(frame, box, score) };
  }

  #memoryFor(target: Target, frame: Frame): TargetMemory {
    const memory = this.#memoryOf(target);
    if (memory.disposed) throw new LoratError("TARGET_DISPOSED", "the target was disposed");
    const { width, height } = memory.image;
    if (frame.width !== width || frame.height !== height) {
      throw new LoratError(
        "FRAME_SIZE",
        `the target was started on ${width} x ${height} pixels, this frame has ${frame.width} x ${frame.height}`,
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
