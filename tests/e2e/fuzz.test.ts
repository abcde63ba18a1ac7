import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../experiments/fuzz/run.mjs", import.meta.url));

it("parsers of foreign bytes survive two thousand inputs each; npm run fuzz takes a million", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, "--runs", "2000", "--seconds", "5"],
    {
      encoding: "utf8",
    },
  );
  console.info(stdout);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("13 parsers, 0 findings");
});
