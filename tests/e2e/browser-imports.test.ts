import { builtinModules } from "node:module";
import { describe, expect, it } from "vitest";
import { bundleForBrowser } from "./support/bundle.ts";

/** Everything that a browser bundle of these modules holds or asks for. */
async function reachable(modules: readonly string[]) {
  const source = modules.map((name, i) => `export * as m${i} from ${JSON.stringify(name)};`).join("\n");
  const { metafile } = await bundleForBrowser(source);
  const files = Object.keys(metafile.inputs);
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  const outside = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { files, imports: [...imports, ...outside] };
}

const isBuiltin = (path: string) => {
  const name = path.replace(/^\(disabled\):/, "");
  return name.startsWith("node:") || builtinModules.includes(name);
};

describe.each([
  ["@lorat/graph", ["@lorat/graph", "@lorat/graph/web"]],
  [
    "@lorat/core",
    ["", "/web", "/geometry", "/metrics", "/model", "/training", "/weights"].map(
      (path) => `@lorat/core${path}`,
    ),
  ],
])("a browser bundle of %s", (name, modules) => {
  it("is made of the built files and onnxruntime-web alone, with none of Node's modules", async () => {
    const { files, imports } = await reachable(modules);
    const folder = `packages/${name.replace("@lorat/", "")}/`;
    const own = files.filter((file) => file.startsWith(folder));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((file) => !file.startsWith(`${folder}dist/`))).toEqual([]);
    expect([...files, ...imports].filter(isBuiltin)).toEqual([]);
    expect([...files, ...imports].filter((path) => /onnxruntime-node|runtime\.node/.test(path))).toEqual([]);
    expect(files.some((file) => file.includes("node_modules/onnxruntime-web/"))).toBe(true);
  });
});

describe("the check itself", () => {
  it("sees an import of Node's modules", async () => {
    await expect(reachable(["node:fs"])).rejects.toThrow(/node:fs/);
    await expect(reachable(["fs"])).rejects.toThrow(/fs/);
    expect(isBuiltin("node:fs") && isBuiltin("fs") && isBuiltin("(disabled):fs")).toBe(true);
    expect(isBuiltin("./fs.ts")).toBe(false);
  });
});
