import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, type Random } from "@lorat/core/training";

/** Writes a benchmark laid out as LaSOT's annotations, with one tracker's results, all made up. */
export async function writeScoreFiles(folder: string, sequences: number, frames: number): Promise<void> {
  const random = createRandom(4);
  for (const part of ["annos", "absent", "results"]) await mkdir(join(folder, part), { recursive: true });
  let left = frames;
  for (let sequence = 0; sequence < sequences; sequence++) {
    const share = left / (sequences - sequence);
    const length = sequence === sequences - 1 ? left : Math.round(share * random.uniform(0.5, 1.5));
    left -= length;
    const rows = Array.from({ length }, (_, frame) => row(random, frame === 0));
    const write = (part: keyof ReturnType<typeof row>) =>
      writeFile(join(folder, part, `sequence-${sequence + 1}.txt`), rows.map((one) => one[part]).join("\n"));
    await Promise.all([write("annos"), write("absent"), write("results")]);
  }
}

/** One frame's line in each file. */
function row(random: Random, first: boolean) {
  const box = [
    random.uniform(1, 900),
    random.uniform(1, 500),
    random.uniform(20, 200),
    random.uniform(20, 200),
  ];
  const annos = box.map(Math.round).join(",");
  const predicted = box.map((value) => (value + random.normal(0, 8)).toFixed(2)).join(",");
  return { annos, absent: random.chance(0.03) ? "1" : "0", results: first ? annos : predicted };
}
