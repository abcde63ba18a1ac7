import { describe, expect, it } from "vitest";
import { learningRate, type Schedule, scheduledLr } from "../../packages/core/src/training/schedule.ts";
import { type OptimizerSettings, trainingSchedule } from "../../packages/core/src/training/settings.ts";
import { fixtureJson } from "./fixtures.ts";

interface ScheduleParameters {
  lr_min: number;
  warmup_prefix: boolean;
  warmup_epochs: number;
  warmup_lr: number;
}

interface Case {
  name: string;
  num_epochs: number;
  iterations_per_epoch: number;
  grad_accumulation: number;
  parameters: ScheduleParameters;
  base_lrs: number[];
  lr_before_first_step: number[];
  /** `[t, lr of each base rate...]`. */
  t_then_lrs: number[][];
}

interface TrainRecord {
  sched_steps: {
    base_lr: number;
    schedule: { parameters: ScheduleParameters; num_epochs: number; iters: number };
    records: { step: number; group_lrs_used: number[] }[];
  };
}

/** The recorded schedule as a training of as many updates has it. */
function scheduleOf(p: ScheduleParameters, epochs: number, iterations: number, accumulation = 1): Schedule {
  const updatesPerEpoch = Math.floor(iterations / accumulation);
  const warmupSteps = p.warmup_epochs * updatesPerEpoch;
  const optimizer: OptimizerSettings = {
    learningRate: 1,
    warmupSteps,
    warmupLearningRate: p.warmup_lr,
    minLearningRate: p.lr_min,
    cosineSteps: epochs * updatesPerEpoch,
    weightDecay: 0,
    maxGradNorm: 1,
  };
  return { ...trainingSchedule({ optimizer, steps: warmupSteps }), warmupPrefix: p.warmup_prefix };
}

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
}

describe("i: learning-rate schedule", () => {
  for (const c of fixtureJson<{ cases: Case[] }>("i_lr_schedule").cases) {
    const schedule = scheduleOf(c.parameters, c.num_epochs, c.iterations_per_epoch, c.grad_accumulation);

    it(`${c.name}: ${c.t_then_lrs.length} values`, () => {
      for (const [t, ...lrs] of c.t_then_lrs as [number, ...number[]][]) {
        expect(lrs.length).toBe(c.base_lrs.length);
        for (const [group, expected] of lrs.entries()) {
          expectClose(scheduledLr(t, c.base_lrs[group]!, schedule), expected);
        }
      }
    });

    it(`${c.name}: before the first step`, () => {
      for (const [group, expected] of c.lr_before_first_step.entries()) {
        expectClose(learningRate(0, c.base_lrs[group]!, schedule), expected);
      }
    });
  }

  for (const name of ["c_train_gelu", "c_train_swiglu"]) {
    it(`${name}: the rate that each step used`, () => {
      const { base_lr, schedule, records } = fixtureJson<TrainRecord>(name).sched_steps;
      const made = scheduleOf(schedule.parameters, schedule.num_epochs, schedule.iters);
      for (const { step, group_lrs_used } of records) {
        for (const lr of group_lrs_used) expectClose(learningRate(step, base_lr, made), lr);
      }
    });
  }
});
