// One parser under mutation; see run.mjs.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

const { bundle, folder, runs, seconds, seed, current } = workerData;
const MOST = 4096;
const { fuzz } = createRequire(import.meta.url)(bundle);
const random = mulberry(seed);
const below = (count) => Math.floor(random() * count);
const view = new DataView(current);
const room = new Uint8Array(current, 4);

const pool = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
if (pool.length === 0) pool.push(Buffer.alloc(0));
const fresh = [];
let zeros = [];
const counters = () => Object.values(globalThis.__lorat_coverage__ ?? {});
const indexZeros = () => {
  zeros = counters().flatMap(({ s, b }) => [
    ...Object.keys(s).flatMap((key) => (s[key] === 0 ? [[s, key]] : [])),
    ...Object.values(b).flatMap((paths) => paths.flatMap((count, i) => (count === 0 ? [[paths, i]] : []))),
  ]);
};
/** Whether something ran for the first time since the last call. */
const isNew = () => {
  const before = zeros.length;
  zeros = zeros.filter(([counts, key]) => counts[key] === 0);
  return zeros.length < before;
};

const began = performance.now();
let done = 0;
let problem;
let lastBeat = 0;
indexZeros();
const seeds = [...pool];
while (done < runs && performance.now() - began < seconds * 1000) {
  const input = done < seeds.length ? seeds[done] : mutated();
  view.setUint32(0, input.length);
  room.set(input);
  done++;
  try {
    await fuzz(Buffer.from(input));
  } catch (error) {
    problem = error?.stack ?? String(error);
    break;
  }
  if (isNew()) {
    pool.push(input);
    fresh.push(input);
  }
  if (performance.now() - lastBeat > 500) {
    lastBeat = performance.now();
    parentPort.postMessage({ kind: "beat" });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const lines = counters().flatMap(({ s, f }) => (Object.values(f).some(Boolean) ? Object.values(s) : []));
const covered = lines.filter(Boolean).length;
parentPort.postMessage({ kind: "end", runs: done, covered, total: lines.length, fresh, problem });

/** A few changes to an input of the pool: bits, bytes, numbers that are limits, pieces moved, cut, repeated or of another input. */
function mutated() {
  let bytes = Buffer.from(
    pool[random() < 0.5 ? pool.length - 1 - below(Math.min(pool.length, 8)) : below(pool.length)],
  );
  for (let left = 1 + below(6); left > 0; left--) {
    const at = below(bytes.length + 1);
    const length = 1 + below(Math.min(64, Math.max(1, bytes.length - at)));
    const choice = below(10);
    if (choice === 0 && bytes.length) bytes[below(bytes.length)] ^= 1 << below(8);
    else if (choice === 1 && bytes.length) bytes[below(bytes.length)] = below(256);
    else if (choice === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (choice === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
    else if (choice === 4)
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(Array.from({ length }, () => below(256))),
        bytes.subarray(at),
      ]);
    else if (choice === 5 && bytes.length > 8) {
      const value = [
        0n,
        1n,
        0x7fn,
        0xffn,
        0x7fffn,
        0xffffn,
        0x7fffffffn,
        0xffffffffn,
        0x7fffffffffffffffn,
        0xffffffffffffffffn,
      ][below(10)];
      const wide = Buffer.alloc(8);
      wide.writeBigUInt64LE(value);
      if (random() < 0.5) wide.reverse();
      const width = [1, 2, 4, 8][below(4)];
      wide.copy(bytes, below(bytes.length - 8), 0, width);
    } else if (choice === 6) {
      const other = pool[below(pool.length)];
      const from = below(other.length + 1);
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        other.subarray(from, from + 1 + below(128)),
        bytes.subarray(at),
      ]);
    } else if (choice === 7) bytes = bytes.subarray(0, at);
    else if (choice === 8) {
      const word = [
        "-1",
        "1e999",
        "nan",
        "99999999999999999999",
        ",",
        ";",
        "\n",
        "\u0000",
        "../",
        "é",
        '"',
        "{",
        "[",
        "<",
        "0x",
        "%06d",
      ][below(16)];
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(word), bytes.subarray(at)]);
    } else if (bytes.length) bytes.fill(bytes[below(bytes.length)], at, Math.min(bytes.length, at + length));
  }
  return bytes.subarray(0, MOST);
}

function mulberry(state) {
  let a = state >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
