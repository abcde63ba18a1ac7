import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { variantNamed } from "@lorat/core/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunConfig } from "../runs/run-config.ts";
import { nanoPreset } from "../train/presets/nano.ts";
import { runCommandLine } from "./program.ts";
import { recordLine } from "./train.ts";

let folder: string;
let stdout: string;
let stderr: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-train-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  stdout = "";
  stderr = "";
  vi.spyOn(console, "log").mockImplementation((text = "") => {
    stdout += `${text}\n`;
  });
  vi.spyOn(console, "error").mockImplementation((text = "") => {
    stderr += `${text}\n`;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** A network that trains in moments, on procedural pairs. */
async function tinyConfig(): Promise<string> {
  const preset = nanoPreset({ steps: 4 });
  const variant = {
    ...variantNamed("nano-patch"),
    dim: 48,
    hidden: 96,
    depth: 2,
    templateGrid: 2,
    searchGrid: 4,
  };
  const config: RunConfig = { ...preset, name: "tiny", model: { ...preset.model, variant }, batchSize: 2 };
  const path = join(folder, "tiny.ts");
  await writeFile(
    path,
    `import { defineRun } from "lorat";\nexport default defineRun(${JSON.stringify(config)});\n`,
  );
  return path;
}

describe("lorat train", () => {
  it("trains a configuration with overrides, stops at a signal with 130, and goes on from there", async () => {
    const run = join(folder, "run");
    const config = await tinyConfig();
    const common = ["--out", run, "--workers", "0", "--device", "cpu"];
    const overrides = ["--batch", "1", "--set", "optimizer.learningRate=1e-4", "--steps", "100000"];
    const started = runCommandLine(["train", config, ...common, ...overrides]);
    const metrics = () => readFile(join(run, "metrics.jsonl"), "utf8").catch(() => "");
    await vi.waitFor(async () => expect(await metrics()).toContain('"step":3,'), { timeout: 60_000 });
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    expect(await started).toBe(130);
    process.exitCode = undefined;
    expect(stderr).toContain("stopping");
    expect(stderr).toContain("still finishing");
    expect(stdout).toContain(`go on with: lorat train --resume --out ${run}`);
    const kept = JSON.parse(await readFile(join(run, "config.json"), "utf8")) as RunConfig;
    expect(kept).toMatchObject({
      batchSize: 1,
      accumulation: 2,
      steps: 100_000,
      optimizer: { learningRate: 1e-4 },
    });
    expect(await runCommandLine(["train", "--resume", ...common, "--seed", "9"])).toBe(1);
    expect(stderr).toContain("error[RUN_CONFIG_CHANGED]");
  });

  it("lists the presets", async () => {
    expect(await runCommandLine(["train", "--presets"])).toBe(0);
    expect(stdout).toMatch(/^preset .*expected.*needs/);
    expect(stdout).toMatch(/\nB-224 .*71\.7/);
    expect(stdout).toContain("\nablation-head-conv ");
  });

  it.each([
    [["train", "nano"], 2, "error[USAGE]: --out RUN is missing"],
    [["train", "--out", "x"], 2, "error[USAGE]: expected a preset"],
    [["train", "--out", "x", "--resume"], 2, "error[USAGE]: x holds no run"],
    [["train", "nnao", "--out", "x"], 1, 'did you mean "nano"?'],
    [
      ["train", "nano", "--out", "x", "--set", "optimizer.learningrate=1"],
      1,
      'did you mean "optimizer.learningRate"?',
    ],
    [["train", "nano", "--out", "x", "--set", "batchSize=0"], 1, "error[CONFIG_VALUE]"],
    [["train", "B-224", "--out", "x"], 1, "error[DATA_PLACE]"],
    [["train", "B-224", "--out", "x", "--exclude", "a"], 2, "--exclude goes with the presets nano"],
    [["train", "none.ts", "--out", "x"], 1, "error[CONFIG_FILE]"],
    [["train", "nano", "--out", "x", "--dataset", "lasot"], 2, "KIND:PATH"],
    [["runs", "show"], 2, "error[USAGE]"],
    [["runs", "show", "none"], 1, "error[RUN_NOT_FOUND]"],
    [["runs", "export", "none"], 2, "error[USAGE]: nothing to write"],
  ])("%s ends with %i", async (args, status, text) => {
    expect(await runCommandLine(args)).toBe(status);
    expect(stderr).toContain(text);
  });

  it("gives validation, tracking and warnings a line", () => {
    expect(recordLine({ kind: "validation", step: 5, loss: 1.5, bce: 1, giou: 0.5, iou: 0.6 })).toBe(
      "step 5: validation loss 1.500 (BCE 1.000, GIoU 0.500), IoU 0.600",
    );
    expect(recordLine({ kind: "tracking", step: 5, auc: 0.612, sequences: { a: 0.6, b: 0.6 } })).toBe(
      "step 5: tracking AUC 61.2 over 2 sequences",
    );
    expect(recordLine({ kind: "warning", step: 5, code: "X", message: "y" })).toBe("step 5: warning: X: y");
  });
});
