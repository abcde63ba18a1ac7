import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../scripts/check-imports.mjs", import.meta.url));

/** A checkout in small: every package with an index, and rooms that import downwards. */
const sound: Readonly<Record<string, string>> = {
  "package.json": "{}",
  "docs/specification.md": "## 1. One\n",
  "packages/graph/package.json": "{}",
  "packages/graph/src/index.ts": "export const one = 1;\n",
  "packages/core/package.json": '{ "dependencies": { "@lorat/graph": "1" } }',
  "packages/core/src/index.ts": 'export { one } from "@lorat/graph";\n',
  "packages/lorat/package.json": '{ "dependencies": { "@lorat/core": "1" } }',
  "packages/lorat/src/index.ts": 'export { train } from "./train/train.ts";\n',
  "packages/lorat/src/train/train.ts": 'export { read as train } from "../files/read.ts";\n',
  "packages/lorat/src/files/read.ts": 'import { readFile } from "node:fs";\nexport const read = readFile;\n',
};

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

async function check(changes: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "lorat-imports-"));
  folders.push(folder);
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

it("accepts imports that point down", async () => {
  expect(await check()).toEqual({ status: 0, text: "5 files keep to the rules\n" });
});

it.each([
  [
    "a room that imports from one above it",
    { "packages/lorat/src/files/read.ts": 'export { train } from "../train/other.ts";\n' },
    "packages/lorat/src/files/read.ts:1: files/ must not import from train/, which stands above it",
  ],
  [
    "a room without a place in the order",
    { "packages/lorat/src/attic/a.ts": "export {};\n" },
    "packages/lorat/src/attic/a.ts:1: attic/ has no place in ROOMS",
  ],
  [
    "files that reach each other",
    {
      "packages/core/src/a.ts": 'export { b } from "./b.ts";\n',
      "packages/core/src/b.ts": 'export { a } from "./a.ts";\nexport const b = 1;\n',
    },
    "a circle of 2 files: packages/core/src/a.ts -> packages/core/src/b.ts",
  ],
  [
    "a package that imports from one above it",
    { "packages/core/src/a.ts": 'export { train } from "lorat";\n' },
    "packages/core/src/a.ts:1: core must not import lorat",
  ],
  [
    "Node's modules in what browsers run",
    { "packages/core/src/a.ts": 'export { readFile } from "node:fs";\n' },
    "packages/core/src/a.ts:1: node:fs does not exist in browsers",
  ],
  [
    "a dependency that is not declared",
    { "packages/lorat/src/files/read.ts": 'export { read } from "pad-left";\n' },
    "packages/lorat/src/files/read.ts:1: pad-left is not in the package's dependencies",
  ],
])("fails on %s", async (_, changes, message) => {
  const { status, text } = await check(changes);
  expect(text).toContain(message);
  expect(status).toBe(1);
});
