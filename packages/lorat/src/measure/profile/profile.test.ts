import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import { sizeOf } from "@lorat/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelRow } from "../../models/model-table.ts";
import { buildWorker } from "../../testing/built-worker.ts";
import { profileSpeed, profileTraining } from "./profile.ts";
import { speedTable, trainingTable } from "./table.ts";

let folder = "";
let script: Awaited<ReturnType<typeof buildWorker>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-profile-test-"));
  script = await buildWorker(new URL("../child/child.ts", import.meta.url));
});
afterAll(() => Promise.all([script?.remove(), rm(folder, { recursive: true, force: true })]));

/** A child that does something else than measuring. */
async function otherChild(name: string, code: string): Promise<URL> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, code);
  return pathToFileURL(path);
}

describe("profileSpeed", () => {
  it("measures the merged network in a process of its own", async () => {
    const seen = new Set<string>();
    const rows = await profileSpeed({
      variants: ["nano"],
      device: "cpu",
      threads: 1,
      repeat: 3,
      script: script.file,
      onProgress: (label) => seen.add(label),
    });
    const [row] = rows;
    expect(rows).toHaveLength(1);
    expect(row).toMatchObject({ ...modelRow("nano"), device: "cpu" });
    expect(row!.ms.count).toBe(3);
    expect(row!.ms.low).toBeGreaterThan(0);
    expect(row!.framesPerSecond.median).toBeCloseTo(1000 / row!.ms.median, 6);
    expect(row!.processorMs.median).toBeGreaterThan(0);
    expect(row!.peakBytes).toBeGreaterThan(4 * row!.inferenceParams);
    expect([...seen]).toEqual(["nano weights", "nano forward"]);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
    expect(speedTable(rows)).toMatch(/^variant .*\nnano +[\d.]+ M .* cpu /);
  }, 300_000);

  it("refuses an unknown variant or device before it starts anything", async () => {
    await expect(profileSpeed({ variants: ["nano"], device: "nowhere" as "cpu" })).rejects.toMatchObject({
      code: "DEVICE_UNKNOWN",
    });
    await expect(profileSpeed({ variants: ["nano", "B-225"] })).rejects.toMatchObject({
      code: "VARIANT_UNKNOWN",
    });
  });
});

describe("profileTraining", () => {
  it("measures both sides, optimiser included", async () => {
    const [row] = await profileTraining({
      variants: ["nano"],
      device: "cpu",
      threads: 1,
      steps: 2,
      repeat: 2,
      script: script.file,
    });
    const { lora, full } = row!;
    expect(row).toMatchObject({ variant: "nano", device: "cpu", batch: 2 });
    // Three token types, two of the reference, and the final norm, which trains beside adapters where attention is asymmetric.
    const typesAndNorm = (3 + 2 + 2) * 160;
    expect(lora.trainedParams).toBe(modelRow("nano").loraParams + modelRow("nano").headParams + typesAndNorm);
    expect(lora.totalParams).toBe(modelRow("nano").trainParams);
    const trains = parametersOf(mergedConfig(variantNamed("nano"))).filter(({ role }) => role.trains);
    expect(full.trainedParams).toBe(trains.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
    expect(full.trainedParams).toBeLessThan(modelRow("nano").inferenceParams); // the stem is frozen
    for (const side of [lora, full]) {
      expect(side.seconds.count).toBe(4);
      expect(side.optimizerSeconds.median).toBeGreaterThan(0);
      expect(side.optimizerSeconds.median).toBeLessThan(side.seconds.median);
      // parameters, gradients and two moments of what trains
      expect(side.peakBytes).toBeGreaterThan(4 * (side.totalParams + 3 * side.trainedParams));
    }
    expect(row!.memoryRatio).toBe(lora.peakBytes / full.peakBytes);
    expect(row!.timeRatio).toBe(lora.seconds.median / full.seconds.median);
    expect(trainingTable([row!]).split("\n").at(-1)).toMatch(/^ +LoRA \/ full .*\d\.\d\d$/);
  }, 300_000);
});

describe("a child that fails", () => {
  const measure = (script: URL) => profileSpeed({ variants: ["nano"], device: "cpu", script });

  it("is said to have been out of memory when the system ends it", async () => {
    const killed = await otherChild(
      "killed",
      `process.once("message", () => process.kill(process.pid, "SIGKILL"));`,
    );
    await expect(measure(killed)).rejects.toMatchObject({ code: "PROFILE_MEMORY" });
  });

  it("is said to have been out of memory when an allocation fails", async () => {
    const error = `{ code: "SESSION_RUN", message: "cpu failed: std::bad_alloc", issues: [] }`;
    const full = await otherChild(
      "full",
      `process.once("message", () => process.send({ kind: "error", error: ${error} }, () => process.disconnect()));`,
    );
    await expect(measure(full)).rejects.toMatchObject({ code: "PROFILE_MEMORY" });
  });

  it("hands its own errors on", async () => {
    const error = `{ code: "SESSION_CREATE", message: "cpu refused the graph", issues: [], hint: "look" }`;
    const refused = await otherChild(
      "refused",
      `process.once("message", () => process.send({ kind: "error", error: ${error} }, () => process.disconnect()));`,
    );
    await expect(measure(refused)).rejects.toMatchObject({ code: "SESSION_CREATE", hint: "look" });
  });

  it("is reported when it ends without a word", async () => {
    const silent = await otherChild("silent", `process.once("message", () => process.exit(3));`);
    await expect(measure(silent)).rejects.toMatchObject({
      code: "PROFILE_CHILD",
      message: expect.stringContaining("status 3"),
    });
  });

  it("is asked for in vain before the build", async () => {
    await expect(measure(pathToFileURL(join(folder, "absent.mjs")))).rejects.toMatchObject({
      code: "PROFILE_NOT_BUILT",
    });
  });

  it("is ended with its parent's signal", async () => {
    const endless = await otherChild(
      "endless",
      `process.on("message", () => {}); setInterval(() => {}, 1000);`,
    );
    const stop = new AbortController();
    const measured = profileSpeed({
      variants: ["nano"],
      device: "cpu",
      script: endless,
      signal: stop.signal,
      onProgress: (_label, done, total) => {
        if (done === total) setTimeout(() => stop.abort(), 500); // the weights are written, the child is next
      },
    });
    await expect(measured).rejects.toMatchObject({ code: "PROFILE_STOPPED" });
  });
});
