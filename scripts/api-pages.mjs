// Writes an API page for each package out of its docstrings into docs/api/, which is not kept in the repository: npm run docs
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [out = join(root, "docs", "api")] = process.argv.slice(2);
const typedoc = join(root, "node_modules", "typedoc", "bin", "typedoc");

for (const name of ["graph", "core", "lorat"]) {
  const folder = join(root, "packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entries = Object.values(exports).flatMap((entry) => entry["lorat-source"] ?? []);
  const options = [
    ...[
      "--tsconfig",
      join(folder, "tsconfig.json"),
      "--basePath",
      root,
      "--readme",
      "none",
      "--out",
      join(out, name),
    ],
    ...["--plugin", "typedoc-plugin-markdown", "--outputFileStrategy", "modules", "--disableSources"],
    ...["--skipErrorChecking", "--logLevel", "Error", "--name", name === "lorat" ? name : `@lorat/${name}`],
    ...entries.flatMap((entry) => ["--entryPoints", join(folder, entry)]),
  ];
  execFileSync(process.execPath, [typedoc, ...options], { stdio: "inherit", cwd: root });
  console.log(join(out, name));
}
