// Coverage-guided fuzzing of every parser of foreign bytes: node experiments/fuzz/run.mjs [--runs 1000000] [--seconds 600] [--keep] [names]
// The bundle of the parsers is instrumented (istanbul); an input that reaches a statement or branch for the first time is kept and
// mutated further. Findings are written to experiments/fuzz/corpus/NAME/finding-… and stay there as seeds; --keep stores all that is new.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { createInstrumenter } from "istanbul-lib-instrument";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, "..", "..", "node_modules", ".cache", "lorat-fuzz");
const corpus = join(here, "corpus");
/** An input that takes longer hangs. */
const HANG_MS = 20_000;

const bundle = await bundled();
const all = Object.keys(createRequire(import.meta.url)(bundle).TARGETS);
const results = [];
for (const name of positionals.length > 0 ? positionals : all) {
  if (!all.includes(name)) throw new Error(`no parser ${name}; there are ${all.join(", ")}`);
  const result = await fuzzed(name);
  results.push(result);
  const { ok, runs, seconds, covered, total, seeds } = result;
  const rate = `${(runs / Math.max(1, seconds)).toFixed(0)}/s`;
  console.log(
    `${ok ? "ok " : "BAD"} ${name.padEnd(12)} ${String(runs).padStart(8)} inputs ${seconds.toFixed(0).padStart(5)} s ${rate.padStart(8)}  ${covered} of ${total} lines, ${seeds} kept`,
  );
  if (!ok) console.error(result.problem);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
console.log(`${results.length} parsers, ${results.filter(({ ok }) => !ok).length} findings`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

/** The parsers as one instrumented file. */
async function bundled() {
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `targets-${process.pid}.cjs`);
  const plugin = {
    name: "instrument",
    setup(builder) {
      builder.onLoad({ filter: /packages\/(core|graph|lorat)\/src\/.*\.ts$/ }, async ({ path }) => {
        const { code } = await builder.esbuild.transform(readFileSync(path, "utf8"), {
          loader: "ts",
          sourcefile: path,
        });
        const instrumenter = createInstrumenter({ esModules: true, coverageVariable: "__lorat_coverage__" });
        return { contents: instrumenter.instrumentSync(code, path), loader: "js" };
      });
    },
  };
  await build({
    entryPoints: [join(here, "targets.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["lorat-source"],
    external: ["node-av", "node-av/*", "sharp", "onnxruntime-node"],
    define: { "import.meta.url": JSON.stringify(`file://${outfile}.ts`) },
    plugins: [plugin],
    logLevel: "error",
  });
  return outfile;
}

/** Fuzzes one parser on a thread of its own, so that one that hangs can be ended. */
function fuzzed(name) {
  const folder = join(corpus, name);
  mkdirSync(folder, { recursive: true });
  const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const env = { ...process.env, LORAT_FUZZ_TARGET: name, LORAT_FUZZ_SCRATCH: scratch };
  const workerData = { bundle, folder, runs: +values.runs, seconds: +values.seconds, seed: +values.seed };
  const current = new SharedArrayBuffer(1 << 20);
  const worker = new Worker(join(here, "worker.mjs"), { workerData: { ...workerData, current }, env });
  const began = performance.now();
  let beat = performance.now();
  return new Promise((resolve) => {
    const end = (result) => {
      clearInterval(watch);
      worker.terminate();
      resolve({ name, seconds: (performance.now() - began) / 1000, ...result });
    };
    const finding = (problem) => {
      const length = new DataView(current).getUint32(0);
      const bytes = Buffer.from(new Uint8Array(current, 4, length));
      const file = join(folder, `finding-${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`);
      writeFileSync(file, bytes);
      return `${file}\n${problem}`;
    };
    const watch = setInterval(() => {
      if (performance.now() - beat < HANG_MS) return;
      end({ ok: false, runs: 0, covered: 0, total: 0, seeds: 0, problem: finding("it hangs") });
    }, 1000);
    worker.on("message", (news) => {
      beat = performance.now();
      if (news.kind === "beat") return;
      if (values.keep)
        for (const bytes of news.fresh) {
          const kept = join(folder, createHash("sha256").update(bytes).digest("hex").slice(0, 12));
          writeFileSync(kept, bytes);
        }
      const { runs, covered, total, problem } = news;
      const seeds = readdirSync(folder).length;
      end({
        ok: problem === undefined,
        runs,
        covered,
        total,
        seeds,
        ...(problem && { problem: finding(problem) }),
      });
    });
    worker.on("error", (error) =>
      end({
        ok: false,
        runs: 0,
        covered: 0,
        total: 0,
        seeds: 0,
        problem: finding(error.stack ?? String(error)),
      }),
    );
  });
}
