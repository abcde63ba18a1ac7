import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, installedMpis, lorat, onRanks } from "./support/mpi.ts";
import { largestDifference, lossesOf, trainedParameters, writeConfigs } from "./support/rank-runs.ts";

let folder: string;
let configs: Awaited<ReturnType<typeof writeConfigs>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-ranks-"));
  configs = await writeConfigs(folder);
  for (const name of ["lora", "full"] as const) {
    const { status, stderr } = await ended(process.execPath, [lorat, ...training(name, join(folder, name))]);
    expect(stderr.split("\n").filter((line) => line.startsWith("error"))).toEqual([]);
    expect(status).toBe(0);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const training = (name: "lora" | "full", out: string) => [
  "train",
  configs[name],
  ...["--out", out, "--threads", "1", "--workers", "0", "--device", "cpu"],
];

describe.each(installedMpis)("training on ranks of $name", (mpi) => {
  it.each([
    ["lora", 1],
    ["lora", 2],
    ["lora", 4],
    ["full", 2],
    ["full", 4],
  ] as const)("%s on %i gives the parameters of one process within 1e-5", async (name, ranks) => {
    const out = join(folder, `${mpi.name}-${name}-${ranks}`);
    const { status, stderr } = await onRanks(mpi, ranks, training(name, out));
    expect([status, stderr.match(/error.*/g)]).toEqual([0, null]);
    const [before, after] = await Promise.all([join(folder, name), out].map((run) => trainedParameters(run)));
    expect(largestDifference(before!, after!)).toBeLessThan(1e-5);
    const losses = await lossesOf(out);
    (await lossesOf(join(folder, name))).forEach((loss, i) => {
      expect(losses[i]).toBeCloseTo(loss, 5);
    });
  });

  it("with gradients in halves goes almost the same way, and sends half the bytes", async () => {
    const out = join(folder, `${mpi.name}-halves`);
    const { status } = await onRanks(mpi, 2, [...training("full", out), "--compress", "fp16"]);
    expect(status).toBe(0);
    const [before, after] = await Promise.all(
      [join(folder, "full"), out].map((run) => trainedParameters(run)),
    );
    // 50 steps of at most 1e-4 each.
    expect(largestDifference(before!, after!)).toBeLessThan(1e-3);
    const sent = async (run: string) => {
      const [line = ""] = (await readFile(join(folder, run, "metrics.jsonl"), "utf8")).split("\n");
      return (JSON.parse(line) as { exchangedMb: number }).exchangedMb;
    };
    const share = (await sent(`${mpi.name}-halves`)) / (await sent(`${mpi.name}-full-2`));
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.6);
  });
});
