import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Packed {
  readonly name: string;
  readonly files: readonly { readonly path: string }[];
}

it("packed packages hold licence, README and the default model, and nothing is left behind", () => {
  const args = ["pack", "--dry-run", "--json", "--workspaces"];
  const text = execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const found = JSON.parse(text.slice(text.indexOf("["))) as Packed[] | Record<string, Packed>;
  const packages = Object.values(found);
  expect(packages.map(({ name }) => name).sort()).toEqual(["@lorat/core", "@lorat/graph", "lorat"]);
  for (const { name, files } of packages) {
    const paths = files.map(({ path }) => path);
    expect(paths, name).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    expect(
      paths.filter((path) => /\.test\./.test(path) || path.startsWith("src/")),
      name,
    ).toEqual([]);
    if (name !== "lorat") continue;
    expect(paths).toEqual(
      expect.arrayContaining(["bin/lorat.js", "models/nano/model.json", "models/nano/weights.safetensors"]),
    );
  }
  expect(existsSync(`${root}/packages/lorat/models`)).toBe(false);
});
