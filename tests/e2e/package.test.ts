/** What a stranger gets: the packed tarballs, installed into an empty folder, used from there. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "./support/bundle.ts";
import { hasChromium } from "./support/chromium.ts";
import { expectExampleTracks } from "./support/page-example.ts";

const packages = ["@lorat/graph", "@lorat/core", "lorat"] as const;
const clip = join(projectRoot, "examples", "clip", "clip.mp4");
const groundTruth = join(projectRoot, "examples", "clip", "groundtruth.txt");

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The surroundings of an ordinary user: nothing that npm tells the scripts it runs, and no switch of an install script. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^npm_/i.test(name) && name !== "ONNXRUNTIME_NODE_INSTALL" && name !== "SKIP_FFMPEG",
  ),
);

function run(program: string, args: readonly string[], cwd: string): Done {
  const shell = process.platform === "win32";
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: environment,
    encoding: "utf8",
    shell,
  });
  return { status, stdout, stderr };
}

interface Packed {
  readonly name: string;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: readonly Packed[];
let home: string;
let offline: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-package-"));
  home = join(folder, "project");
  await mkdir(home);
  const workspaces = packages.flatMap((name) => ["--workspace", name]);
  const pack = run("npm", ["pack", "--json", ...workspaces, "--pack-destination", folder], projectRoot);
  expect(pack.status, pack.stderr).toBe(0);
  packed = Object.values(JSON.parse(pack.stdout.slice(pack.stdout.search(/^[[{]/m))));
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  expect(tarballs).toHaveLength(packages.length);
  const paths = tarballs.map((name) => join("..", name));
  const began = performance.now();
  const installed = run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...paths], home);
  const seconds = (performance.now() - began) / 1000;
  const unreachable =
    /^npm (?:error|ERR!) (?:code )?(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)/m;
  offline = installed.status === 0 ? undefined : unreachable.exec(installed.stderr)?.[1];
  if (offline)
    console.warn(`skipped: the packages cannot be installed, npm's registry is out of reach (${offline})`);
  else {
    expect(installed.status, installed.stderr).toBe(0);
    const megabytes = (await sizeOf(join(home, "node_modules"))) / 1e6;
    const native = existsSync(join(home, "node_modules", "onnxruntime-node"));
    console.log(
      `installed ${megabytes.toFixed(0)} MB in ${seconds.toFixed(0)} s, ${native ? "with" : "without"} onnxruntime-node`,
    );
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));
async function sizeOf(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size;
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Runs something while a package is away, as where it could not be installed. */
async function without<T>(name: string, use: () => T | Promise<T>): Promise<T> {
  const path = join(home, "node_modules", name);
  const aside = join(folder, "aside");
  const isThere = existsSync(path);
  if (isThere) await rename(path, aside);
  try {
    return await use();
  } finally {
    if (isThere) await rename(aside, path);
  }
}

async function trackOptions(): Promise<string[]> {
  const [box] = (await readFile(groundTruth, "utf8")).split("\n");
  return ["track", clip, "--box", box!, "--end", "4"];
}

async function track(...options: string[]): Promise<Done> {
  return run("npx", ["--no-install", "lorat", ...(await trackOptions()), ...options], home);
}

const frames = `
const frame = (left) => {
  const data = new Uint8Array(160 * 120 * 3).fill(60);
  for (let y = 40; y < 70; y++) data.fill(220, (y * 160 + left) * 3, (y * 160 + left + 30) * 3);
  return { width: 160, height: 120, channels: 3, data };
};
async function follow(loadTracker) {
  const tracker = await loadTracker("nano");
  const target = await tracker.start(frame(50), { x: 50, y: 40, width: 30, height: 30 });
  const { box } = await target.track(frame(54));
  await tracker.dispose();
  console.log(JSON.stringify(box));
}
`;

describe("the packages, packed", () => {
  it("hold licence, words and the model, and no test", () => {
    expect(packed.map(({ name }) => name).sort()).toEqual(["@lorat/core", "@lorat/graph", "lorat"]);
    for (const { name, files } of packed) {
      const paths = files.map(({ path }) => path);
      expect(paths, name).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
      expect(
        paths.filter((path) => /\.test\.|tsbuildinfo|^src\//.test(path)),
        name,
      ).toEqual([]);
    }
    const model = ["model.json", "weights.safetensors", "README.md"].map((file) => `models/nano/${file}`);
    const lorat = packed.find(({ name }) => name === "lorat")!.files.map(({ path }) => path);
    expect(lorat).toEqual(expect.arrayContaining(["bin/lorat.js", ...model]));
  });

  it("have what npm shows filled in", async () => {
    for (const name of packages) {
      const path = join(projectRoot, "packages", name.replace("@lorat/", ""), "package.json");
      const manifest = JSON.parse(await readFile(path, "utf8"));
      expect(manifest).toMatchObject({
        license: "Apache-2.0",
        sideEffects: false,
        engines: { node: expect.any(String) },
        repository: { directory: expect.stringMatching(/^packages\//) },
        homepage: expect.stringMatching(/^https:/),
      });
      expect(manifest.keywords.length).toBeGreaterThan(4);
    }
  });

  it("leave nothing behind in the checkout", () => {
    expect(existsSync(join(projectRoot, "packages", "lorat", "models"))).toBe(false);
  });
});

describe("the packages, installed", () => {
  beforeEach((context) => {
    if (offline) context.skip(`npm's registry is out of reach (${offline})`);
  });

  it("leave out the runtime for pages, which Node does not need", () => {
    expect(existsSync(join(home, "node_modules", "onnxruntime-web"))).toBe(false);
  });

  it("track a video from the command line", async () => {
    const { status, stdout, stderr } = await track();
    expect(status, stderr).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(4);
    expect(stderr).not.toMatch(/npm warn/i);
  });

  it("track from an ES module, and from CommonJS", async () => {
    await writeFile(
      join(home, "a.mjs"),
      `import { loadTracker } from "lorat";${frames} await follow(loadTracker);`,
    );
    await writeFile(
      join(home, "b.cjs"),
      `const { loadTracker } = require("lorat");${frames} follow(loadTracker);`,
    );
    const [a, b] = ["a.mjs", "b.cjs"].map((name) => run(process.execPath, [name], home));
    expect(a!.status, a!.stderr).toBe(0);
    expect(JSON.parse(a!.stdout)).toMatchObject({ x: expect.any(Number), width: expect.any(Number) });
    expect(b!.status, b!.stderr).toBe(0);
    expect(b!.stdout).toBe(a!.stdout);
  });

  it.each([
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ])("have types under the module resolution %s, library files checked too", async (resolution, module) => {
    const source = `
      import { loadTracker, openFrames, LoratError } from "lorat";
      import { Session } from "@lorat/graph";
      const tracker = await loadTracker("nano", { device: "auto" });
      const source = await openFrames("clip.mp4");
      export const isTyped: 0 extends 1 & typeof tracker ? never : true = true;
      export const isTypedToo: 0 extends 1 & typeof source.width ? never : true = true;
      export const values = [LoratError, Session];
      // @ts-expect-error a number is no model
      await loadTracker(7);`;
    await writeFile(join(home, "types.mts"), source);
    const modules = join(projectRoot, "node_modules");
    const flags = ["--noEmit", "--strict", "--target", "es2023", "--types", "node"];
    const where = [
      "--typeRoots",
      join(modules, "@types"),
      "--module",
      module,
      "--moduleResolution",
      resolution,
    ];
    const tsc = join(modules, "typescript", "bin", "tsc");
    const { status, stdout } = run(process.execPath, [tsc, ...flags, ...where, "types.mts"], home);
    expect(status, stdout).toBe(0);
  });

  it.skipIf(!hasChromium && !process.env.CI)(
    "track in a page, from the file that is ready for one",
    async () => {
      for (const name of ["page", "clip"]) {
        await cp(join(projectRoot, "examples", name), join(home, "examples", name), { recursive: true });
      }
      // What `npm install onnxruntime-web` would bring.
      const runtime = join(home, "node_modules", "onnxruntime-web");
      await symlink(join(projectRoot, "node_modules", "onnxruntime-web"), runtime, "junction");
      try {
        await expectExampleTracks(home);
      } finally {
        await rm(runtime);
      }
    },
  );

  it("run as WebAssembly where the native runtime is not, with its boxes, and say once how to get it", async () => {
    const bin = join(projectRoot, "packages", "lorat", "bin", "lorat.js");
    const native = run(process.execPath, [bin, ...(await trackOptions()), "--device", "cpu"], home);
    expect(native.status, native.stderr).toBe(0);
    const fallback = await without("onnxruntime-node", () => track());
    expect(fallback.status, fallback.stderr).toBe(0);
    expect(fallback.stderr.match(/RUNTIME_WASM/g)).toHaveLength(1);
    expect(fallback.stderr).toContain("npm install onnxruntime-node --ignore-scripts");
    const numbers = ({ stdout }: Done) => stdout.trim().split(/[\n,]/).map(Number);
    for (const [i, value] of numbers(fallback).entries()) expect(value).toBeCloseTo(numbers(native)[i]!, 1);
  });

  it("DEVICE_UNAVAILABLE: the CPU asked for without the native runtime", async () => {
    const { status, stderr } = await without("onnxruntime-node", () => track("--device", "cpu"));
    expect(status).toBe(1);
    expect(stderr).toContain("error[DEVICE_UNAVAILABLE]");
    expect(stderr).toContain("npm install onnxruntime-node --ignore-scripts");
  });

  it("VIDEO_LIBRARY_MISSING: a video without the packages for videos, which nothing else needs", async () => {
    const { status, stderr } = await without("node-av", () => track());
    expect(status).toBe(1);
    expect(stderr).toContain("error[VIDEO_LIBRARY_MISSING]");
    expect(stderr).toContain("npm install node-av @mediabunny/server");
    const module = await without("node-av", () => run(process.execPath, ["a.mjs"], home));
    expect(module.status, module.stderr).toBe(0);
  });
});

it("npm has nothing to say of the checkout's settings", () => {
  const { status, stdout, stderr } = run("npx", ["--no-install", "lorat", "--version"], projectRoot);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  expect(stderr).toBe("");
});
