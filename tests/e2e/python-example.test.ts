import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lorat = join(root, "packages/lorat/bin/lorat.js");
const clip = join(root, "examples/clip/clip.mp4");
const box = readFileSync(join(root, "examples/clip/groundtruth.txt"), "utf8").split("\n")[0]!.trim();

/** A Python that has what the example imports; `LORAT_PYTHON` names one to try first. */
const python = [process.env.LORAT_PYTHON, "python3", "/usr/bin/python3"].find(
  (one) => one && spawnSync(one, ["-c", "import cv2, numpy, onnxruntime"]).status === 0,
);
if (!python) {
  console.warn(
    "skipped: the Python example needs a Python with onnxruntime, numpy and opencv-python (LORAT_PYTHON)",
  );
}

const folder = mkdtempSync(join(tmpdir(), "lorat-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(status, stderr).toBe(0);
  return stdout;
}

const rows = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));

function overlap([ax, ay, aw, ah]: number[], [bx, by, bw, bh]: number[]): number {
  const across = Math.min(ax! + aw!, bx! + bw!) - Math.max(ax!, bx!);
  const down = Math.min(ay! + ah!, by! + bh!) - Math.max(ay!, by!);
  const shared = Math.max(0, across) * Math.max(0, down);
  return shared / (aw! * ah! + bw! * bh! - shared);
}

describe.skipIf(!python)("examples/python/track.py", () => {
  it("follows the bundled clip's target as lorat track does", () => {
    const out = join(folder, "nano");
    run(process.execPath, [lorat, "export", "nano", "--graphs", "two", "--out", out]);
    const found = rows(run(python!, [join(root, "examples/python/track.py"), out, clip, box]));
    const expected = rows(run(process.execPath, [lorat, "track", clip, "--box", box, "--device", "cpu"]));
    expect(found).toHaveLength(expected.length);
    const overlaps = found.map((one, i) => overlap(one, expected[i]!));
    const mean = overlaps.reduce((a, b) => a + b, 0) / overlaps.length;
    console.info(
      `boxes overlap by ${mean.toFixed(3)} on average, ${Math.min(...overlaps).toFixed(3)} at worst`,
    );
    expect(mean).toBeGreaterThan(0.9);
  });
});
