import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loraConfig, type Variant, variantNamed } from "@lorat/core/model";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunConfig } from "../../runs/run-config.ts";
import { fromScratchMix } from "../../sampling/mix.ts";
import { ABLATIONS, type AblationName, ablationRows } from "./rows.ts";
import { ablationFiles, runAblation } from "./run-ablation.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-ablate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const variant: Variant = {
  ...variantNamed("nano"),
  name: "mini",
  dim: 32,
  depth: 1,
  heads: 2,
  hidden: 64,
  templateGrid: 3,
  searchGrid: 4,
};
const config: RunConfig = {
  name: "mini",
  model: loraConfig(variant, { rank: 2 }),
  initialisation: "scratch",
  batchSize: 2,
  steps: 2,
  optimizer: {
    learningRate: 1e-3,
    warmupSteps: 1,
    warmupLearningRate: 1e-7,
    minLearningRate: 1e-6,
    weightDecay: 0.1,
    maxGradNorm: 1,
  },
  seed: 1,
  data: { kind: "mix", roots: {}, mix: fromScratchMix },
};

it.each(ABLATIONS)("runs every row of %s", { timeout: 120_000 }, async (ablation: AblationName) => {
  const out = join(folder, ablation);
  const result = await runAblation(ablation, config, { out, threads: 1, workers: 0, device: "cpu" });
  expect(result.finished).toBe(true);
  expect(result.rows.map(({ name }) => name)).toEqual(ablationRows[ablation].map(({ name }) => name));
  for (const row of result.rows) {
    expect(row.steps, row.name).toBe(2);
    expect(Number.isFinite(row.loss) && row.gradNorm > 0, row.name).toBe(true);
  }
  expect(JSON.parse(await readFile(join(out, ablationFiles.summary), "utf8"))).toEqual(
    JSON.parse(JSON.stringify(result)),
  );
  expect(await readFile(join(out, ablationFiles.report), "utf8")).toContain("</html>");
});

it("does not run finished rows again, and goes on with the others", async () => {
  const out = join(folder, "again");
  const begun: string[] = [];
  const options = { out, threads: 1, workers: 0, device: "cpu", rows: ["mlp", "conv"] } as const;
  const stop = new AbortController();
  const first = await runAblation("head", config, {
    ...options,
    signal: stop.signal,
    onRow: ({ name }) => name === "conv" && stop.abort(),
  });
  expect(first.finished).toBe(false);
  expect(first.rows.map(({ name }) => name)).toEqual(["mlp"]);
  const second = await runAblation("head", config, {
    ...options,
    onStep: ({ step }) => begun.push(`${step}`),
  });
  expect(second.finished).toBe(true);
  expect(begun).toEqual(["1", "2"]); // the steps of the second row alone
});

it("names the rows when there is none of that name", async () => {
  await expect(
    runAblation("head", config, { out: join(folder, "none"), rows: ["mpl"] }),
  ).rejects.toMatchObject({ code: "ABLATION_ROW", hint: expect.stringContaining("mlp") });
});
