// Run by npm before (and with --clean after) a package is packed, in its folder: puts the licence, a README and, for the toolkit, the
// models that come with it beside it, so that what is installed is whole.
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const { name } = JSON.parse(readFileSync("package.json", "utf8"));
const files = ["LICENSE", "README.md", ...(name === "lorat" ? ["models"] : [])];
for (const file of files) {
  rmSync(file, { recursive: true, force: true });
  if (!process.argv.includes("--clean")) cpSync(join(root, file), file, { recursive: true });
  else if (existsSync(file)) throw new Error(`${file} could not be removed`);
}
