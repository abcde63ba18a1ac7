import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loraConfig, mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import { dinov2StateDict, stateDictOf } from "@lorat/core/weights";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { filled, writeSafetensorsFile, writeTorchFile } from "../testing/model-weights.ts";
import { loadModel } from "../trackers/model/load-tracker.ts";
import { runCommandLine } from "./program.ts";

const nano = variantNamed("nano-patch");
const targets = { q: true, k: true, v: true, proj: true, mlp: true };
let folder = "";
let dinov2 = "";
let trained = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-cli-convert-"));
  dinov2 = await writeTorchFile(join(folder, "dinov2.pth"), filled(dinov2StateDict(nano, 9)));
  trained = await writeSafetensorsFile(
    join(folder, "model.bin"),
    filled(
      stateDictOf(parametersOf(loraConfig(nano, { rank: 4, targets })).filter(({ role }) => role.trains)),
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs the command line with what it prints caught. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  const status = await runCommandLine(["convert", ...args]);
  vi.restoreAllMocks();
  return { status, out: out.join(""), err: err.join("") };
}

describe("lorat convert", () => {
  it("makes a folder that --model takes, and tells what it did", async () => {
    const out = join(folder, "model");
    const { status, out: text } = await run(trained, dinov2, "--out", out, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      out,
      kind: "tracker",
      variant: "nano-patch",
      precision: "fp32",
    });
    const model = await loadModel(out);
    expect(new Set(model.weights.keys())).toEqual(
      new Set(stateDictOf(parametersOf(mergedConfig(nano))).keys()),
    );
  });

  it("prints a report, and makes a backbone that --model refuses", async () => {
    const out = join(folder, "backbone");
    const { status, out: text } = await run(
      dinov2,
      "--out",
      out,
      "--storage",
      "fp16",
      "--variant",
      "nano-patch",
    );
    expect(status).toBe(0);
    expect(text).toMatch(
      /read +dinov2\.pth \(dinov2\)\nwrote +.*backbone: backbone nano-patch, fp16, [\d.]+ MB/,
    );
    await expect(loadModel(out)).rejects.toMatchObject({ code: "MODEL_BACKBONE_ONLY" });
  });

  it("answers wrong input with 1 and wrong usage with 2, one clear message, nothing left", async () => {
    const page = join(folder, "page.pth");
    await writeFile(page, "<html>sign in</html>");
    const never = join(folder, "never");
    expect(await run(trained, "--out", never)).toMatchObject({
      status: 1,
      err: expect.stringContaining("error[CONVERT_BASE_MISSING]"),
    });
    expect(await run(page, "--out", never)).toMatchObject({
      status: 1,
      err: expect.stringContaining("error[WEIGHTS_IS_HTML]"),
    });
    expect(await run(dinov2, "--out", folder)).toMatchObject({
      status: 1,
      err: expect.stringContaining("error[OUTPUT_EXISTS]"),
    });
    expect(await run(dinov2, "--out", folder, "--force")).toMatchObject({
      status: 1,
      err: expect.stringContaining("error[OUTPUT_NOT_MODEL_FOLDER]"),
    });
    for (const args of [
      [dinov2],
      ["--out", never],
      [dinov2, "--out", never, "--variant", "XL"],
      [dinov2, "--out", never, "--storage", "int3"],
    ]) {
      expect(await run(...args)).toMatchObject({ status: 2, err: expect.stringContaining("error[USAGE]") });
    }
    expect(await readdir(folder)).not.toContain("never");
  });
});
