/**
 * How long a dataset takes to be indexed, and to be opened again: made-up trees in a temporary folder.
 *
 *   node scripts/run.mjs experiments/datasets.ts [--sequences N] [--rows N] [--boxes N] [--json FILE]
 *
 * `--boxes` asks for an index of so many boxes besides, in 30,000 sequences as TrackingNet has them, made without files.
 */
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { columnsBuilder, fingerprintOf } from "../packages/lorat/src/datasets/columns-builder.ts";
import { numberedFrames } from "../packages/lorat/src/datasets/frame-names.ts";
import { datasetOf, openDataset } from "../packages/lorat/src/datasets/index.ts";
import {
  decodeIndex,
  encodeIndex,
  INDEX_VERSION,
  readShared,
  writeIndex,
} from "../packages/lorat/src/datasets/index-file.ts";

const { values } = parseArgs({
  options: {
    sequences: { type: "string", default: "2000" },
    rows: { type: "string", default: "50" },
    boxes: { type: "string" },
    json: { type: "string" },
  },
});
const [sequences, rows] = [Number(values.sequences), Number(values.rows)];
const folder = await mkdtemp(join(tmpdir(), "lorat-bench-"));
const results: Record<string, number> = {};
console.log(`load of the machine: ${loadavg()[0]!.toFixed(1)}`);
try {
  await measureTrees();
  if (values.boxes) await measureColumns(Number(values.boxes));
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);

async function measureTrees(): Promise<void> {
  const picture = { create: { width: 640, height: 360, channels: 3 as const, background: "grey" } };
  const jpeg = await sharp(picture).jpeg().toBuffer();
  for (let i = 0; i < sequences; i++) {
    const [name, inside] = [join(folder, "lasot", `c${i % 70}`, `c${i % 70}-${i}`), `s${i}`];
    writeSequence(name, join(name, "img"), jpeg);
    for (const flags of ["full_occlusion.txt", "out_of_view.txt"])
      writeFileSync(join(name, flags), Array(rows).fill(0).join());
    writeSequence(join(folder, "folder", inside), join(folder, "folder", inside), jpeg);
  }
  for (const kind of ["folder", "lasot"] as const) {
    const share = { dataset: `${kind}:${join(folder, kind)}`, split: kind === "lasot" ? "all" : undefined };
    const cacheDir = join(folder, "cache");
    let filesRead = 0;
    const first = await timed(() =>
      openDataset(share, { cacheDir, onOpened: (outcome) => (filesRead = outcome.filesRead) }),
    );
    const later = [];
    for (let i = 0; i < 5; i++) later.push(await timed(() => openDataset(share, { cacheDir })));
    const again = later.sort((a, b) => a.wallMs - b.wallMs)[2]!;
    const count = datasetOf(first.result).length;
    report(`${kind}.index_s`, first.wallMs / 1000, `${count} sequences of ${rows} rows, first opening`);
    report(`${kind}.index_cpu_s`, first.cpuMs / 1000, "processor time of it");
    report(`${kind}.files_per_s`, (filesRead * 1000) / first.wallMs, `${filesRead} annotation files read`);
    report(`${kind}.open_ms`, again.wallMs, "later openings, median of 5");
    report(`${kind}.open_cpu_ms`, again.cpuMs, "processor time of it");
    report(`${kind}.open_ms_per_10k`, (again.wallMs * 10_000) / count, "for 10,000 sequences");
  }
}

function writeSequence(folder: string, frames: string, jpeg: Buffer): void {
  mkdirSync(frames, { recursive: true });
  const lines = Array.from({ length: rows }, (_, i) => `${100 + i},${50 + i / 4},120.5,80`);
  writeFileSync(join(folder, "groundtruth.txt"), lines.join("\n"));
  const name = (i: number) => join(frames, `${String(i).padStart(8, "0")}.jpg`);
  writeFileSync(name(1), jpeg);
  for (let i = 2; i <= rows; i++) linkSync(name(1), name(i));
}

async function measureColumns(boxes: number): Promise<void> {
  const count = 30_000;
  const length = Math.ceil(boxes / count);
  const key = "bench";
  const path = join(folder, "large.index");
  {
    const builder = columnsBuilder();
    const object = {
      first: 0,
      boxes: Float64Array.from({ length: 4 * length }, (_, i) => i % 500),
      present: new Uint8Array(length).fill(1),
    };
    const pattern = { prefix: "", digits: 1, suffix: ".jpg" };
    const built = await timed(async () => {
      for (let i = 0; i < count; i++) {
        const name = `sequence-${i}`;
        const frames = numberedFrames(pattern, 0, length);
        builder.add({ name, folder: `TRAIN_0/frames/${name}`, frames, objects: [object] });
      }
      const bare = builder.finish();
      const fingerprint = fingerprintOf(bare, "");
      const about = { name: "bench", kind: "trackingnet" as const, root: folder, fingerprint, warnings: [] };
      await writeIndex(
        path,
        encodeIndex({ columns: { ...bare, ...about }, watched: [] }, { version: INDEX_VERSION, key }),
      );
    });
    report("large.write_s", built.wallMs / 1000, `${count * length} boxes into columns and onto the disk`);
  }
  const read = await timed(async () => decodeIndex((await readShared(path))!, key)!);
  report("large.read_s", read.wallMs / 1000, "read and checked");
  report("large.mb", read.result.columns.boxes.buffer.byteLength / 1e6, "size of the index");
  report("large.peak_mb", process.resourceUsage().maxRSS / 1000, "peak memory of the whole process");
}

async function timed<T>(task: () => Promise<T>): Promise<{ result: T; wallMs: number; cpuMs: number }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const result = await task();
  const { user, system } = process.cpuUsage(cpu);
  return { result, wallMs: performance.now() - began, cpuMs: (user + system) / 1000 };
}

function report(name: string, value: number, what: string): void {
  results[name] = value;
  console.log(`${name.padEnd(26)} ${value.toPrecision(4).padStart(10)}  ${what}`);
}
