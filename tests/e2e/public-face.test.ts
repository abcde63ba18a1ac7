import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { projectRoot } from "./support/bundle.ts";

interface Script {
  readFace(entries: readonly { name: string; file: string }[]): { text: string; undocumented: string[] };
  changes(before: string, now: string): string[];
  entryPoints(): { name: string; file: string }[];
}
const script = (await import(join(projectRoot, "scripts", "public-face.mjs") as string)) as Script;

it("tells names without documentation, whatever way they are exported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lorat-face-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "parts"));
  await writeFile(
    join(folder, "parts", "a.ts"),
    "/** Told. */\nexport function told() {}\nexport interface Untold {}\n/** Told. */\nexport class Box {}\n",
  );
  await writeFile(
    join(folder, "index.ts"),
    'export * from "./parts/a.ts";\n// no docstring\nexport const bare = 1;\n',
  );
  const { text, undocumented } = script.readFace([{ name: "pack", file: join(folder, "index.ts") }]);
  expect(text).toBe("# pack: 4 names\nclass Box\ntype Untold\nconst bare\nfunction told\n");
  expect(undocumented.map((line) => line.replace(/^.*\//, ""))).toEqual([
    "a.ts:3: Untold (of pack) has no docstring",
    "index.ts:3: bare (of pack) has no docstring",
  ]);
});

it("tells names that came, went, or became something else, under their entry point", () => {
  const before = "# a: 2 names\nconst x\ntype Y\n\n# b: 1 names\nconst x\n";
  const now = "# a: 2 names\nfunction x\ntype Y\n\n# b: 2 names\nconst x\nconst z\n";
  expect(script.changes(before, now)).toEqual(["- a: const x", "+ a: function x", "+ b: const z"]);
  expect(script.changes(before, before)).toEqual([]);
});

it("covers every entry point of the three packages", () => {
  const names = script.entryPoints().map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      "@lorat/graph",
      "@lorat/core",
      "@lorat/core/geometry",
      "@lorat/core/web",
      "lorat",
    ]),
  );
});
