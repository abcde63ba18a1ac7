import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replayRecord } from "./replay.ts";

const fixtures = fileURLToPath(new URL("../../../../../tests/fixtures/reference", import.meta.url));
const record = (kind: string) => join(fixtures, `a_forward_${kind}.safetensors`);

describe("replayRecord", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lorat-verify-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(["gelu", "swiglu"])("agrees with the reference at every stage, %s", async (kind) => {
    const { passed, stages, device } = await replayRecord(record(kind), { device: "cpu" });
    expect({ passed, device }).toEqual({ passed: true, device: "cpu" });
    expect(stages.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining([
        "patch_embed_z",
        "tokens_after_embedding",
        "tokens_after_block_0",
        "score_map",
        "boxes",
      ]),
    );
  });

  it("fails beyond the tolerance", async () => {
    const { passed, stages } = await replayRecord(record("gelu"), { device: "cpu", tolerance: 1e-12 });
    expect(passed).toBe(false);
    expect(stages.some((stage) => stage.difference > 1e-12 && !stage.passed)).toBe(true);
  });

  it("says what a recording lacks", async () => {
    const alone = join(folder, "alone.safetensors");
    await copyFile(record("gelu"), alone);
    await expect(replayRecord(alone)).rejects.toMatchObject({ code: "RECORD_INVALID" });
    await writeFile(join(folder, "alone.json"), '{"config": {"dim": "wide"}}');
    await expect(replayRecord(alone)).rejects.toMatchObject({
      code: "RECORD_INVALID",
      issues: expect.arrayContaining([expect.stringMatching(/^config\.dim: /)]),
    });
    await expect(replayRecord(record("gelu"), { device: "tpu" as "cpu" })).rejects.toMatchObject({
      code: "DEVICE_UNKNOWN",
    });
  });
});
