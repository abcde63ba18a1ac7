import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);

describe("a training that is killed", () => {
  it("goes on with the same losses, bit for bit, and without losing a checkpoint", async () => {
    const script = [
      "scripts/run.mjs",
      "experiments/kill-and-resume.ts",
      "--kills",
      "4",
      "--steps",
      "30",
      "--json",
    ];
    const { stdout } = await run(process.execPath, script, { maxBuffer: 2 ** 24 });
    const result = JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<string, unknown>;
    expect(result).toMatchObject({ kills: 4, steps: 30, same: true, different: 0, records: 33 });
  });
});
