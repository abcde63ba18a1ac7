import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PUBLISHED, PUBLISHED_EFFICIENCY, PUBLISHED_EMBEDDINGS, PUBLISHED_TRAINING } from "./index.ts";

/** Every number of the poster, read from its text; null where it prints a dash. */
const poster = JSON.parse(
  readFileSync(new URL("../../testing/poster-tables.json", import.meta.url), "utf8"),
) as Record<string, Record<string, unknown>[]>;

const orNull = (value: unknown) => value ?? null;

describe("published figures are the poster's, cell for cell", () => {
  it("comparison: thirteen rows over five benchmarks", () => {
    const ours = PUBLISHED.filter(({ sources }) => sources.includes("poster")).map((one) => {
      const { lasot, lasot_ext, trackingnet, got10k, tnl2k } = one.benchmarks;
      return {
        tracker: one.onPoster ?? one.name,
        "LaSOT SUC": orNull(lasot?.suc),
        "LaSOT PNorm": orNull(lasot?.pNorm),
        "LaSOT P": orNull(lasot?.p),
        "LaSOText SUC": orNull(lasot_ext?.suc),
        "LaSOText PNorm": orNull(lasot_ext?.pNorm),
        "LaSOText P": orNull(lasot_ext?.p),
        "TrackingNet SUC": orNull(trackingnet?.suc),
        "TrackingNet PNorm": orNull(trackingnet?.pNorm),
        "TrackingNet P": orNull(trackingnet?.p),
        "GOT-10k AO": orNull(got10k?.ao),
        "GOT-10k SR0.5": orNull(got10k?.sr50),
        "GOT-10k SR0.75": orNull(got10k?.sr75),
        "TNL2K SUC": orNull(tnl2k?.suc),
        "TNL2K P": orNull(tnl2k?.p),
      };
    });
    expect(ours).toEqual(poster.comparison);
    expect(ours).toHaveLength(13);
  });

  it("inference efficiency: eleven rows", () => {
    const ours = PUBLISHED_EFFICIENCY.map((one) => ({
      tracker: one.name,
      fps: one.framesPerSecond,
      gmacs: one.gmacs,
      params_millions: orNull(one.paramsMillions),
      lora_millions: orNull(one.loraMillions),
      head_millions: orNull(one.headMillions),
    }));
    expect(ours).toEqual(poster.inference_efficiency);
    expect(ours).toHaveLength(11);
  });

  it("training efficiency: twelve rows", () => {
    const ours = PUBLISHED_TRAINING.map((one) => ({
      kind: one.side === "LoRA" ? "LoRA" : "full fine-tuning",
      variant: one.variant,
      hours: orNull(one.hours),
      memory_gb: orNull(one.memoryGb),
      note: one.note,
    }));
    expect(ours).toEqual(poster.training_efficiency);
    expect(ours).toHaveLength(12);
  });

  it("embedding ablation: six rows", () => {
    const ours = PUBLISHED_EMBEDDINGS.map((one) => ({
      row: one.row,
      "shared positions": one.sharedPositions,
      "type embedding": one.typeEmbedding,
      foreground: one.foreground,
      resolution: one.resolution,
      "LaSOT SUC": one.lasot.suc,
      "LaSOT P": one.lasot.p,
      "LaSOText SUC": one.lasot_ext.suc,
      "LaSOText P": one.lasot_ext.p,
      "TNL2K SUC": one.tnl2k.suc,
      "TNL2K P": one.tnl2k.p,
    }));
    expect(ours).toEqual(poster.embedding_ablation);
    expect(ours).toHaveLength(6);
  });
});
