import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../experiments/kills.mjs", import.meta.url));

it("tracking and evaluation lose nothing when they are killed or the disk fills; npm run kills does twenty of each", () => {
  const args = [script, "--times", "2", "track", "evaluate"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  console.info(stdout);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain(" 0 losses");
});
