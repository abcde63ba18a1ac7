import type { Box, Frame, Tracker } from "@lorat/core";
import { toCorners } from "@lorat/core/geometry";
import { type Evidence, PresenceModel, type PresenceWeights } from "@lorat/core/model";
import { LoratError } from "@lorat/graph";
import { fitLogistic } from "./logistic.ts";
import { RIGHT_FROM } from "./right-box.ts";

/** What spoke for a box, and whether it was right. */
export interface PresenceSample {
  readonly evidence: Pick<Evidence, "relativeScore" | "relativeLikeness">;
  /** With the truth; 0 where the target cannot be seen. */
  readonly overlap: number;
}

/** A tracker that notes what speaks for each of its boxes, in the order of the frames. */
export function witnessed(tracker: Pick<Tracker, "start">, weights?: PresenceWeights) {
  const evidence: Evidence[] = [];
  return {
    evidence,
    tracker: {
      async start(frame: Frame, box: Box) {
        const target = await tracker.start(frame, box);
        const presence = new PresenceModel(frame, toCorners(box), weights);
        return {
          ...target,
          async track(next: Frame) {
            const result = await target.track(next);
            const own = presence.judge(next, result.raw.box, result.raw.score);
            if (result.state === "tracked" && own.presence >= 0.5) presence.learn(own);
            evidence.push(own);
            return result;
          },
        };
      },
    } satisfies Pick<Tracker, "start">,
  };
}

/** The weights by which evidence tells right boxes from wrong ones best. Throws `CALIBRATION_SAMPLES` where all are of one kind. */
export function fitPresence(samples: readonly PresenceSample[]): PresenceWeights {
  const usable = samples.filter(({ evidence }) => Object.values(evidence).every(Number.isFinite));
  const right = usable.filter(({ overlap }) => overlap >= RIGHT_FROM).length;
  if (right === 0 || right === usable.length) {
    throw new LoratError(
      "CALIBRATION_SAMPLES",
      `presence needs right boxes and wrong ones, found ${right} right of ${usable.length}`,
      { hint: "Take more clips." },
    );
  }
  const [score, likeness, bias] = fitLogistic(
    usable.map(({ evidence: { relativeScore, relativeLikeness }, overlap }) => ({
      features: [relativeScore, relativeLikeness],
      isPositive: overlap >= RIGHT_FROM,
    })),
  ) as [number, number, number];
  return { bias, score, likeness };
}
