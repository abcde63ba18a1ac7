import { describe, expect, it } from "vitest";
import { flipHorizontally, jitterColor, type Planes } from "../../packages/lorat/src/sampling/augment.ts";
import { threeAugment } from "../../packages/lorat/src/sampling/three-augment.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";

type Draw =
  | readonly ["random", number]
  | readonly ["permutation", readonly number[]]
  | readonly ["uniform", number, number, number]
  | readonly ["choice", number];

interface Run {
  readonly run: number;
  readonly draws_in_order: readonly Draw[];
  readonly z_box_in: readonly number[];
  readonly x_box_in: readonly number[];
  readonly z_box_out: readonly number[];
  readonly x_box_out: readonly number[];
  readonly deit3_choice: string;
}

const { runs } = fixtureJson<{ runs: Run[] }>("k_augmentation");
const tensors = fixtureTensors("k_augmentation");

/** A recorded picture; intermediate ones are stored for some runs only. */
function planes(name: string): Planes | undefined {
  const tensor = tensors.get(name);
  if (!tensor) return undefined;
  const [, height, width] = tensor.shape as [number, number, number];
  return { data: Float32Array.from(tensor.data as Float32Array), width, height };
}

function recorded(name: string): Planes {
  const found = planes(name);
  if (!found) throw new Error(`k_augmentation holds no ${name}`);
  return found;
}

/** The recorded draws, handed out in the reference's order: template before search at every step. */
function draws(run: Run) {
  let at = 0;
  const take = <K extends Draw[0]>(kind: K): Extract<Draw, readonly [K, ...unknown[]]> => {
    const draw = run.draws_in_order[at++];
    if (draw?.[0] !== kind)
      throw new Error(`run ${run.run}: draw ${at - 1} is ${draw?.[0]}, expected ${kind}`);
    return draw as Extract<Draw, readonly [K, ...unknown[]]>;
  };
  return { take, rest: () => run.draws_in_order.length - at };
}

describe.each(runs)("fixture k, run $run ($deit3_choice)", (run) => {
  it("flips, jitters and applies the DeiT-III choice as recorded", () => {
    const { take, rest } = draws(run);
    const flips = { z: take("random")[1] < 0.5, x: take("random")[1] < 0.5 };
    const jitters = { z: readJitter(), x: readJitter() };
    function readJitter() {
      return {
        order: take("permutation")[1],
        brightness: take("uniform")[3],
        contrast: take("uniform")[3],
        saturation: take("uniform")[3],
      };
    }
    const choice = take("choice")[1];
    const augment =
      choice === 0
        ? ({ kind: "greyscale" } as const)
        : choice === 1
          ? ({ kind: "solarise" } as const)
          : ({ kind: "blur", radius: take("uniform")[3] } as const);
    expect(rest()).toBe(0);

    for (const side of ["z", "x"] as const) {
      const image = recorded(`run_${run.run}.in.${side}`);
      const boxIn = run[`${side}_box_in`] as [number, number, number, number];
      if (flips[side]) flipHorizontally(image);
      const box = flips[side] ? [image.width - boxIn[2], boxIn[1], image.width - boxIn[0], boxIn[3]] : boxIn;
      expect(maxDifference(box, run[`${side}_box_out`]), `${side} box`).toBe(0);
      const flipped = planes(`run_${run.run}.after_0.${side}`);
      if (flipped) expect(maxDifference(image.data, flipped.data), `${side} flip`).toBe(0);

      jitterColor(image, jitters[side]);
      const jittered = planes(`run_${run.run}.after_1.${side}`);
      if (jittered)
        expect(maxDifference(image.data, jittered.data), `${side} jitter`).toBeLessThanOrEqual(1e-6);

      // From the recorded floats the 8-bit steps must agree to the integer. From our own floats the truncation to bytes
      // may fall on the other side of an integer, so one level is allowed.
      const final = jittered ?? image;
      threeAugment(final, augment);
      const levels = jittered ? 0 : 1;
      const after = recorded(`run_${run.run}.after_2.${side}`);
      const difference = maxDifference(final.data, after.data);
      expect(difference, `${side} ${run.deit3_choice}`).toBeLessThanOrEqual(levels / 255 + 1e-6);
    }
  });
});

describe("fixture k", () => {
  it("records the pictures between the steps for at least one run", () => {
    expect(runs.some((run) => tensors.has(`run_${run.run}.after_1.x`))).toBe(true);
  });

  it("covers all three DeiT-III choices", () => {
    expect(new Set(runs.map((run) => run.deit3_choice))).toEqual(
      new Set(["grayscale", "solarize", "gaussian_blur"]),
    );
  });
});
