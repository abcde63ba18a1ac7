import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Clip, makeClip, sideBySide } from "../clip.ts";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import type { RatioWish, Suite } from "../suite.ts";

const program = fileURLToPath(new URL("../../../../bin/lorat.js", import.meta.url));

/** `lorat track` as a user runs it, from the start of the process to its files, for one target and for several. */
export async function* commandSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const { folder, batches, precisions, quick, onStage } = context;
  onStage("clip");
  const clip = await makeClip(folder, 640, 360, quick ? 8 : 150);
  for (const precision of precisions) {
    const contenders = batches.map((targets) => commandContender(clip, targets, precision, context));
    const [one, ...others] = contenders as [Contender, ...Contender[]];
    const ratios = others.map(
      ({ name }): RatioWish => ({
        label: `${name} against as many runs`,
        of: one.name,
        to: name,
        per: "item",
      }),
    );
    yield { title: `lorat track, nano ${precision}, ${clip.frames} frames of 640x360`, contenders, ratios };
  }
}

function commandContender(
  clip: Clip,
  targets: number,
  precision: string,
  { folder, signal }: BenchContext,
): Contender {
  const boxes = sideBySide(clip, targets).flatMap((box) => [
    "--box",
    [box.x, box.y, box.width, box.height].map((value) => value.toFixed(2)).join(","),
  ]);
  const args = [
    "track",
    clip.path,
    ...boxes,
    "--device",
    "cpu",
    "--out",
    join(folder, "boxes.txt"),
    "--force",
  ];
  if (precision !== "fp32") args.push("--precision", precision);
  return {
    name: `${targets} ${targets === 1 ? "target" : "targets"}`,
    tags: { precision, targets },
    unit: "target",
    items: targets,
    measure: async () => {
      const began = performance.now();
      await promisify(execFile)(process.execPath, [program, ...args], { signal });
      return [{ ms: performance.now() - began }];
    },
    dispose: async () => {},
  };
}
