// Gets a checkout ready with nothing but Node: installs the packages that are missing and builds. Plain Node, since it
// runs before anything is installed. As a program: node scripts/setup.mjs
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Installs what is missing and builds; says what it does. Throws where either fails. */
export function setUp() {
  checkNode();
  installPackages();
  build();
}

/** Throws where this Node is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (!fits)
    throw new Error(`Node ${process.versions.node} cannot run this: 20.19, 22.12, 24 or later is needed`);
}

/** `npm ci` where node_modules is absent, older than the lock file, or without the native runtime, which a plain `npm ci` may leave out. */
export function installPackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules", ".package-lock.json");
  // npm writes both files when it adds a package, the lock file a moment later.
  const slackMs = 10_000;
  const isRecent = existsSync(installed) && statSync(installed).mtimeMs + slackMs >= statSync(lock).mtimeMs;
  if (isRecent && existsSync(join(root, "node_modules", "onnxruntime-node"))) return;
  console.log("Installing packages ...");
  // Install scripts, which npm 10 runs unasked, would fetch an ffmpeg program and CUDA from outside the registry.
  const env = { SKIP_FFMPEG: "true", ONNXRUNTIME_NODE_INSTALL: "skip", ...process.env };
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund"];
  if (npm) run(process.execPath, [npm, ...args], env);
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, env, process.platform === "win32");
}

/** Compiles the packages, only what has changed, and makes the file for pages of them. */
export function build() {
  console.log("Building ...");
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  run(process.execPath, [join(root, "scripts", "page-bundle.mjs")]);
}

/** Runs a program in the checkout with its output shown; throws unless it succeeds. */
export function run(program, args, env = process.env, shell = false) {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", env, shell });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${[program, ...args].join(" ")} ended with ${signal ?? `status ${status}`}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
