// Publishes the packages with provenance: node scripts/release.mjs [--dry-run]. Meant for a continuous-integration job with an identity
// token (npm's trusted publishing), from a clean checkout of a tag that names the version.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const dryRun = process.argv.includes("--dry-run");
const run = (command, args) => execFileSync(command, args, { stdio: "inherit" });
const read = (command, args) => execFileSync(command, args, { encoding: "utf8" }).trim();
const packages = ["graph", "core", "lorat"].map((name) =>
  JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")),
);
const versions = new Set(packages.map(({ version }) => version));
if (versions.size !== 1) throw new Error(`the packages have several versions: ${[...versions].join(", ")}`);
const [version] = versions;
if (read("git", ["status", "--porcelain"]) !== "") throw new Error("the checkout has changes");
if (!dryRun) {
  const tag = read("git", ["tag", "--points-at", "HEAD"]).split("\n");
  if (!tag.includes(`v${version}`)) throw new Error(`HEAD has no tag v${version}`);
  if (!process.env.ACTIONS_ID_TOKEN_REQUEST_URL && !process.env.NPM_ID_TOKEN) {
    throw new Error(
      "provenance needs an identity token: run this in continuous integration with id-token permission",
    );
  }
}
run("npm", ["ci", "--ignore-scripts"]);
run("npm", ["audit", "--omit=dev"]);
run(process.execPath, ["scripts/licences.mjs"]);
run("npm", ["test"]);
// In the order of their imports, so that each finds what it depends on.
for (const { name } of packages) {
  run("npm", [
    "publish",
    "--workspace",
    name,
    "--access",
    "public",
    ...(dryRun ? ["--dry-run"] : ["--provenance"]),
  ]);
}
