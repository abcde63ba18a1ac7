// npm test: gets the checkout ready and runs every check, each timed; the last line counts what passed and failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build, checkNode, installPackages, root, run } from "./setup.mjs";

const reports = join(root, "node_modules", ".cache", "lorat-test");
const node = (...args) => run(process.execPath, args.flat());
const bin = (name) => join(root, "node_modules", ...name.split("/"));

/** What runs, in order. `needed`: nothing after it makes sense when it fails. */
const stages = [
  { name: "packages", needed: true, check: checkPackages },
  { name: "Chromium", check: installChromium },
  { name: "MPI", check: installMpi },
  { name: "format and lint", check: () => node(bin("@biomejs/biome/bin/biome"), "check", ".") },
  { name: "build", needed: true, check: build },
  { name: "types", check: () => node(bin("typescript/bin/tsc"), "-p", "tsconfig.test.json") },
  { name: "public face", check: () => node(join(root, "scripts", "public-face.mjs")) },
  { name: "imports", check: () => node(join(root, "scripts", "check-imports.mjs")) },
  { name: "unit", tests: "unit" },
  { name: "parity", tests: "parity" },
  { name: "end to end", tests: "e2e" },
];

const results = [];
for (const stage of stages) {
  console.log(`\n=== ${stage.name}`);
  const began = performance.now();
  const counts = stage.tests ? runTests(stage.tests) : runCheck(stage.check);
  results.push({ name: stage.name, seconds: (performance.now() - began) / 1000, ...counts });
  if (stage.needed && counts.failed > 0) break;
}
for (const { name } of stages.slice(results.length)) {
  results.push({ name: `${name} (not run)`, seconds: 0, passed: 0, failed: 1, skipped: 0 });
}
summarise(results);

function checkPackages() {
  checkNode();
  installPackages();
}

function runCheck(check) {
  try {
    check();
    return { passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    console.error(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Runs one project of the test runner and reads its counts from the report that it leaves. */
function runTests(project) {
  mkdirSync(reports, { recursive: true });
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const skips = join(root, "scripts", "skips-reporter.mjs");
  const names = ["default", skips, "json"].map((name) => `--reporter=${name}`);
  const reporters = [...names, `--outputFile.json=${report}`];
  // The runner by itself leaves one core idle: of two cores that is half.
  const workers = Math.max(2, availableParallelism() - 1);
  const args = [
    bin("vitest/vitest.mjs"),
    "run",
    "--project",
    project,
    `--maxWorkers=${workers}`,
    ...reporters,
  ];
  const env = { ...process.env, ...chromiumVariable() };
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (existsSync(report)) {
    const found = JSON.parse(readFileSync(report, "utf8"));
    counts.passed = found.numPassedTests;
    counts.failed = found.numFailedTests;
    counts.skipped = found.numPendingTests + found.numTodoTests;
  }
  // A file that does not load, or an error outside a test, counts no test.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Chromium runs the page tests, and its software graphics driver the WebGPU tests in Node. */
function installChromium() {
  if (findChromium()) return;
  const debian = existsSync("/usr/bin/apt-get");
  if (!debian || process.getuid?.() !== 0) {
    const how = debian
      ? "sudo apt-get install chromium"
      : "install it, or name it with LORAT_CHROMIUM=/path/to/chromium";
    throw new Error(`the tests need Chromium, which is not here: ${how}`);
  }
  console.log("Installing Debian's chromium ...");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], env);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], env);
}

/** Both kinds of MPI run the tests of several ranks. Where they cannot be installed, those tests are skipped and say so. */
function installMpi() {
  const missing = Object.entries({
    mpich: "/usr/bin/mpiexec.mpich",
    "openmpi-bin": "/usr/bin/mpiexec.openmpi",
  }).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
    console.log(
      `not here: ${missing.join(", ")}; tests on ranks of it are skipped (sudo apt-get install ${missing.join(" ")})`,
    );
    return;
  }
  console.log(`Installing Debian's ${missing.join(" and ")} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], env);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], env);
}

function findChromium() {
  const { LORAT_CHROMIUM } = process.env;
  const places = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
  return LORAT_CHROMIUM ? [LORAT_CHROMIUM].find(existsSync) : places.find(existsSync);
}

function chromiumVariable() {
  const path = findChromium();
  return path ? { LORAT_CHROMIUM: path } : {};
}

function summarise(rows) {
  console.log("\n=== summary");
  const total = { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  for (const { name, seconds, passed, failed, skipped } of rows) {
    const verdict = failed > 0 ? "FAILED" : "ok";
    const counted = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
    console.log(`${verdict.padEnd(7)}${name.padEnd(28)}${seconds.toFixed(1).padStart(7)} s  ${counted}`);
    for (const [key, value] of Object.entries({ passed, failed, skipped, seconds })) total[key] += value;
  }
  if (total.skipped) console.log(`${total.skipped} skipped (each says why above)`);
  console.log(`${total.seconds.toFixed(0)} s`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}
