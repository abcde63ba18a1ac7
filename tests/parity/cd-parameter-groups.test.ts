import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../../packages/core/src/model/config.ts";
import { parametersOf } from "../../packages/core/src/model/lorat.ts";
import type { Parameter } from "../../packages/core/src/model/parameters.ts";
import { parameterGroups } from "../../packages/core/src/training/parameter-groups.ts";
import { fixtureJson, fixtureTensors } from "./fixtures.ts";
import { type RecordedConfig, recordedLora } from "./networks.ts";

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

/** The networks of the recordings; the ablations share the sizes of the GELU one. */
const lora = recordedLora(fixtureJson<{ config: RecordedConfig }>("a_forward_gelu").config);
const glu = recordedLora(fixtureJson<{ config: RecordedConfig }>("a_forward_swiglu").config);
const models: Record<string, ModelConfig> = {
  c_train_gelu: lora,
  c_train_swiglu: glu,
  d_full_finetune_gelu: { ...lora, adaptation: { kind: "none" } },
  d_full_finetune_swiglu: { ...glu, adaptation: { kind: "none" } },
  d_conv_head: { ...lora, head: { kind: "conv", channels: 0 } },
  d_ostrack_head: { ...lora, head: { kind: "centre", channels: 0 } },
  d_sep_pos_lora: { ...lora, embedding: "separate" },
};

/** Everything that trains, as the gradients of a recording name it, with what the network says of it. */
function trainableTensors(name: string): Map<string, Parameter> {
  const tensors = fixtureTensors(name);
  const { head, ...model } = models[name]!;
  const first = tensors.get("grad.head.cls.conv1.0.weight") ?? tensors.get("grad.head.conv1_ctr.0.weight");
  const channels = first?.shape[0] ?? 0;
  const sized = { ...model, head: head.kind === "mlp" ? head : { ...head, channels } };
  const parameters = parametersOf(sized, { training: true });
  const recorded = parameters.filter((parameter) => tensors.has(`grad.${parameter.name}`));
  expect([...tensors.keys()].filter((key) => key.startsWith("grad.")).length).toBe(recorded.length);
  return new Map(recorded.map((parameter) => [parameter.name, parameter]));
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
