/// <reference lib="esnext.disposable" preserve="true" />
import type { ConcreteDevice } from "@lorat/graph";
import type { FrameInput } from "../frames/frame-input.ts";
import type { Box, Corners } from "../geometry/box.ts";

/** How sure the tracker is that the box holds the target. */
export type TargetState = "tracked" | "uncertain" | "lost";

/** What one frame gave for one target. */
export interface TrackResult {
  /** Always finite, inside the image and at least one pixel wide and high. */
  readonly box: Box;
  /**
   * Confidence in `[0, 1]`: with a calibrated model the chance that the box overlaps the target by half or more, else the
   * network's own score.
   */
  readonly score: number;
  /** Judged by score and colours against what is usual for this target. */
  readonly state: TargetState;
  /**
   * The reference implementation's own output: the clipped box, which may be empty, in image pixels, and the sigmoid of the
   * chosen cell's logit, before the window penalty. With re-detection, the box that is held while the target is lost.
   */
  readonly raw: { readonly box: Corners; readonly score: number };
}

/** One object followed through the frames of one video. */
export interface Target extends Disposable {
  /** Finds the target in the next frame. Frames must all have the first frame's size. */
  track(frame: FrameInput): Promise<TrackResult>;
  /** Lets go of the target; further calls throw `TARGET_DISPOSED`. */
  dispose(): void;
}

/** A loaded model, ready to start targets. */
export interface Tracker extends AsyncDisposable {
  /** What it runs on, `auto` settled; undefined where that is not told. */
  readonly device?: ConcreteDevice;
  /** Starts a target on `frame` at `box` (image pixels). Throws `BOX_INVALID`, and what `toFrame` throws. */
  start(frame: FrameInput, box: Box): Promise<Target>;
  /** Tracks several targets on one frame as one batch; results in the order of `targets`. Throws what `toFrame` throws. */
  trackAll(frame: FrameInput, targets: readonly Target[]): Promise<TrackResult[]>;
  /** Releases the sessions and weights. */
  dispose(): Promise<void>;
}
