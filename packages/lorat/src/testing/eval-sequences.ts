import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeImage, squareAt } from "./clips.ts";

/** A module's text: the box moves one pixel right and down a frame, as the square of the numbered frames does. */
export const DRIFT_MODULE = `
let last;
export function init(frame, box) { last = { ...box }; }
export async function update(frame) {
  if (process.env.DRIFT_LOG) (await import("node:fs")).appendFileSync(process.env.DRIFT_LOG, frame.index + "\\n");
  last = { ...last, x: last.x + 1, y: last.y + 1 };
  return { box: last, score: 0.5 };
}
`;

/** Where the square is in a sequence whose first frame is `from`. */
export function truthOf(frames: number, from = 0): string {
  const rows = Array.from({ length: frames }, (_, i) => Object.values(squareAt(from + i)).join(","));
  return `${rows.join("\n")}\n`;
}

/** Writes sequences of numbered frames with a `groundtruth.txt` each, for the kind `folder`; `frames` by name. */
export async function writeSequences(
  root: string,
  frames: Readonly<Record<string, number>>,
): Promise<string> {
  for (const [name, count] of Object.entries(frames)) {
    await mkdir(join(root, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      await writeFile(join(root, name, `${String(i + 1).padStart(4, "0")}.jpg`), await encodeImage(i));
    }
    await writeFile(join(root, name, "groundtruth.txt"), truthOf(count));
  }
  return `folder:${root}`;
}
