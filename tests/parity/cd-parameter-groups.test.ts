import { describe, expect, it } from "vitest";
import { parameterGroups, type TrainableTensor } from "../../packages/core/src/training/parameter-groups.ts";
import { fixtureJson, fixtureTensors } from "./fixtures.ts";

interface RecordedGroup {
  weight_decay: number;
  lr: number;
  params: string[];
}

interface Recorded {
  param_groups: RecordedGroup[];
  config: { depth: number };
  optimizer?: { lr: number; weight_decay: number };
  lr_decay_rate?: number;
}

/** The gradients of a training fixture carry the names and shapes of everything that trains. */
function trainableTensors(name: string): Map<string, TrainableTensor> {
  const tensors = new Map<string, TrainableTensor>();
  for (const [key, { shape }] of fixtureTensors(name)) {
    if (key.startsWith("grad.")) tensors.set(key.slice(5), { name: key.slice(5), shape });
  }
  return tensors;
}

describe("c, d: parameter groups", () => {
  for (const name of ["c_train_gelu", "c_train_swiglu", "d_full_finetune_gelu", "d_full_finetune_swiglu"]) {
    it(name, () => {
      const record = fixtureJson<Recorded>(name);
      const tensors = trainableTensors(name);
      // The order inside a group is the order of registration, so the recorded names are given in it.
      const inOrder = record.param_groups
        .flatMap(({ params }) => params)
        .map((param) => {
          const tensor = tensors.get(param);
          if (!tensor) throw new Error(`${name} records no gradient of ${param}`);
          return tensor;
        });
      expect(inOrder.length).toBe(tensors.size);
      // Groups are taken apart and put together again: reversed input must not change who belongs together.
      for (const input of [inOrder, [...inOrder].reverse()]) {
        const rate = record.lr_decay_rate;
        const groups = parameterGroups(input, {
          baseLr: record.optimizer?.lr ?? record.param_groups[0]!.lr,
          weightDecay: record.optimizer?.weight_decay ?? record.param_groups[0]!.weight_decay,
          layerDecay: rate === undefined ? undefined : { rate, depth: record.config.depth },
        });
        expect(groups.map(({ names }) => [...names].sort())).toEqual(
          record.param_groups.map(({ params }) => [...params].sort()),
        );
        for (const [i, expected] of record.param_groups.entries()) {
          expect(groups[i]!.weightDecay).toBe(expected.weight_decay);
          expect(Math.abs(groups[i]!.baseLr / expected.lr - 1)).toBeLessThanOrEqual(1e-9);
        }
      }
    });
  }

  for (const name of ["d_conv_head", "d_ostrack_head", "d_sep_pos_lora"]) {
    it(`${name}: every trainable tensor falls into one group, batch normalisation and convolution biases undecayed`, () => {
      const { trainable } = fixtureJson<{ trainable: string[] }>(name);
      const tensors = trainableTensors(name);
      expect([...tensors.keys()].sort()).toEqual([...trainable].sort());
      const groups = parameterGroups([...tensors.values()]);
      expect(groups.flatMap(({ names }) => names).sort()).toEqual([...trainable].sort());
      const decayed = groups.filter(({ weightDecay }) => weightDecay > 0).flatMap(({ names }) => names);
      for (const param of decayed) {
        expect(param).not.toMatch(/bias$|norm|embed/);
        expect(tensors.get(param)!.shape.length).toBeGreaterThan(1);
      }
      for (const param of trainable.filter((p) => /\.lora\.[AB]$/.test(p))) expect(decayed).toContain(param);
    });
  }
});
