// SIGKILL and full disks at random moments: node experiments/kills.mjs [--times 20] [--seed 1] [--json FILE] [jobs]
// A job is run once undisturbed; then killed (or out of room) at random moments. Nothing under a final name may be other than the
// undisturbed run's, and the same command, started again, must end with the same. Full disks need root, for a tmpfs.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lorat = join(root, "packages/lorat/bin/lorat.js");
const video = join(root, "packages/lorat/src/testing/videos/sound.mp4");
const work = mkdtempSync(join(tmpdir(), "lorat-kills-"));
const times = Number(values.times);
let state = Number(values.seed);
const random = () => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
};

prepare();
const box = "38,108,48,48";
const clips = join(work, "clips");
const run = join(work, "run");
/** Commands by job; DIR is where they write. `again`: options of the second start. `same`: files that must be the same. */
const jobs = {
  track: {
    args: [
      "track",
      video,
      "--box",
      box,
      "--out",
      "DIR/x.txt",
      "--scores",
      "DIR/x.csv",
      "--video",
      "DIR/x.mp4",
    ],
    again: ["--force"],
    same: /\.(txt|csv)$/,
    final: /^x\.(txt|csv|mp4)$/,
  },
  evaluate: {
    args: ["eval", "--dataset", `folder:${clips}`, "--out", "DIR/run", "--parallel", "1", "--threads", "1"],
    again: [],
    same: /^run\/results\/.*\.txt$/,
    final: /^run\/(results|scores)\/.*\.txt$/,
  },
  export: {
    args: [
      "runs",
      "export",
      run,
      "--model-out",
      "DIR/model",
      "--trained-out",
      "DIR/t.safetensors",
      "--onnx-out",
      "DIR/m.onnx",
    ],
    again: ["--force"],
    same: /^(model\/.*|t\.safetensors|m\.onnx)$/,
    final: /^(model\/.*|t\.safetensors|m\.onnx)$/,
  },
  cache: {
    args: [
      "eval",
      "--dataset",
      `folder:${join(work, "filmed")}`,
      "--out",
      "DIR/run",
      "--workers",
      "1",
      "--threads",
      "1",
    ],
    again: [],
    same: /^run\/results\/.*\.txt$/,
    // Unpacked frames: a folder under its name is whole.
    final: /^cache\/lorat\/datasets\/frames\/[^/]+\/\d+\.jpg$/,
    wholeFolder: true,
  },
  synth: {
    args: ["synth", "DIR/clips", "--frames", "20", "--size", "160x120", "--clips", "2"],
    again: ["--force"],
    same: /^clips\/.*/,
    final: /^clips\/[^/]+\/(groundtruth\.txt|\d+\.jpg)$/,
  },
};

const rows = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(jobs)) {
  const job = jobs[name];
  const whole = join(work, `${name}-whole`);
  const began = performance.now();
  const first = start(job, whole, []);
  if (first.status !== 0) throw new Error(`${name} fails undisturbed: ${first.stderr}`);
  const ms = performance.now() - began;
  const expected = filesOf(whole);
  let losses = 0;
  let finished = 0;
  for (let i = 0; i < times; i++) {
    const folder = join(work, `${name}-killed`);
    rmSync(folder, { recursive: true, force: true });
    const ended = await killed(job, folder, random() * ms);
    if (ended) finished++;
    losses += compare(name, job, folder, expected, "after SIGKILL");
    const again = start(job, folder, job.again);
    if (again.status !== 0) {
      losses++;
      console.error(`${name}: started again after SIGKILL: ${again.stderr}`);
    }
    losses += missing(name, job, folder, expected);
  }
  rows.push({ job: name, what: "SIGKILL", runs: times, finishedBefore: finished, losses });
  report(rows.at(-1));
  const full = await fullDisks(name, job, whole, expected);
  if (full) {
    rows.push(full);
    report(full);
  }
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
rmSync(work, { recursive: true, force: true });
const total = rows.reduce((sum, { losses }) => sum + losses, 0);
console.log(`${rows.reduce((sum, { runs }) => sum + runs, 0)} runs, ${total} losses`);
process.exitCode = total === 0 ? 0 : 1;

function prepare() {
  const make = (...args) => {
    const { status, stderr } = spawnSync(process.execPath, [lorat, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  make("synth", join(work, "clips"), "--clips", "4", "--frames", "20", "--size", "160x120");
  make("synth", join(work, "filmed"), "--clips", "2", "--frames", "30", "--size", "160x120", "--as-video");
  make(
    "train",
    "nano-lora",
    "--steps",
    "1",
    "--batch",
    "1",
    "--workers",
    "0",
    "--threads",
    "1",
    "--out",
    join(work, "run"),
  );
}

function environment(folder) {
  return { ...process.env, XDG_CACHE_HOME: join(folder, "cache") };
}

function commandOf(job, folder, more) {
  mkdirSync(folder, { recursive: true });
  return [lorat, ...job.args.map((arg) => arg.replace("DIR", folder)), ...more];
}

function start(job, folder, more) {
  return spawnSync(process.execPath, commandOf(job, folder, more), {
    encoding: "utf8",
    env: environment(folder),
  });
}

/** Runs a job and kills it; true where it had ended before. */
function killed(job, folder, afterMs) {
  const child = spawn(process.execPath, commandOf(job, folder, []), {
    stdio: "ignore",
    env: environment(folder),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
  return new Promise((resolve) => {
    child.once("exit", (_, signal) => {
      clearTimeout(timer);
      resolve(signal === null);
    });
  });
}

function filesOf(folder) {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

/** Files under final names that are other than the undisturbed run's. */
function compare(name, job, folder, expected, when) {
  let wrong = 0;
  const found = filesOf(folder);
  for (const [path, hash] of found) {
    if (/\.partial|\.tmp|\.old\//.test(path) || !job.final.test(path)) continue;
    const key = job.wholeFolder ? undefined : path;
    const isWhole = job.wholeFolder
      ? readdirSync(join(folder, dirname(path))).length >= 30
      : job.same.test(path)
        ? expected.get(key) === hash
        : statSync(join(folder, path)).size > 0;
    if (isWhole) continue;
    wrong++;
    console.error(`${name}: ${path} is not whole ${when}`);
  }
  return wrong;
}

function missing(name, job, folder, expected) {
  const found = filesOf(folder);
  let wrong = 0;
  for (const [path, hash] of expected) {
    if (!job.same.test(path) || found.get(path) === hash) continue;
    wrong++;
    console.error(`${name}: ${path} is ${found.has(path) ? "other" : "missing"} after a second start`);
  }
  return wrong;
}

async function fullDisks(name, job, whole, expected) {
  if (process.getuid?.() !== 0) {
    console.log(`${name}: full disks skipped, which need root`);
    return undefined;
  }
  const bytes = [...expected.keys()].reduce((sum, path) => sum + statSync(join(whole, path)).size + 4096, 0);
  let losses = 0;
  let fitted = 0;
  for (let i = 0; i < times; i++) {
    const disk = join(work, `${name}-disk`);
    mkdirSync(disk, { recursive: true });
    const size = Math.max(8192, Math.round(random() * bytes));
    if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk]).status !== 0)
      return undefined;
    try {
      const { status, stderr } = start(job, disk, []);
      if (status === 0) fitted++;
      else if (status !== 1 || !/error\[\w*(UNWRITABLE|WRITE)\w*\]/.test(stderr)) {
        losses++;
        console.error(`${name}: full disk of ${size}: status ${status}, ${stderr}`);
      }
      losses += compare(name, job, disk, expected, "on a full disk");
    } finally {
      spawnSync("umount", [disk]);
    }
  }
  return { job: name, what: "full disk", runs: times, finishedBefore: fitted, losses };
}

function report({ job, what, runs, finishedBefore, losses }) {
  console.log(
    `${job.padEnd(10)} ${what.padEnd(10)} ${String(runs).padStart(3)} runs, ${finishedBefore} had ended or fitted, ${losses} losses`,
  );
}
