// Lists every package of the lock file with its licence: node scripts/licences.mjs [--write docs/licences.md]. Fails for a licence that is
// not on the list, and for install scripts that are not known to be harmless.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

/** May be used in a package under Apache-2.0; LGPL and MPL as libraries that stay files of their own. */
const ALLOWED = [
  ...[
    "MIT",
    "MIT-0",
    "ISC",
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "BlueOak-1.0.0",
    "Python-2.0",
    "Unlicense",
    "CC0-1.0",
    "CC-BY-4.0",
  ],
  ...["MPL-2.0", "LGPL-3.0-or-later", "LGPL-2.1-or-later"],
];
/** Packages with a script at installation, and what it does. */
const SCRIPTS = {
  esbuild: "checks that the right binary is there; tests and scripts alone use it",
  fsevents: "builds for macOS from source; optional, tests alone use it",
  "node-av":
    "fetches FFmpeg's executable, which is not used: the libraries are packages of the registry; npm ci --ignore-scripts leaves it out",
  koffi: "checks that the prebuilt library is there; denied by allowScripts in package.json",
  "onnxruntime-node": "would download the CUDA provider; denied by allowScripts in package.json",
  protobufjs: "warns of versions; downloads nothing",
  sharp: "builds libvips only where it is installed globally",
};

/** Licences that package.json does not name, as their LICENSE files read. */
const READ = { "@shinyoshiaki/jspack": "BSD-3-Clause" };

const rows = [];
const problems = [];
for (const [path, info] of Object.entries(lock.packages)) {
  if (!path.includes("node_modules/") || info.link) continue;
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const licence = info.license ?? READ[name] ?? licenceOf(path);
  const terms = String(licence)
    .replace(/[()]/g, "")
    .split(/ (?:OR|AND) /);
  const fits = / OR /.test(String(licence)) ? terms.some(isAllowed) : terms.every(isAllowed);
  if (!fits) problems.push(`${name} ${info.version}: licence ${licence}`);
  if (info.hasInstallScript && !(name in SCRIPTS))
    problems.push(`${name} ${info.version}: an install script that nobody has read`);
  if (!info.integrity && !info.inBundle) problems.push(`${name} ${info.version}: no hash in the lock file`);
  rows.push({
    name,
    version: info.version,
    licence,
    use: info.dev ? "tests" : "run",
    script: info.hasInstallScript ? SCRIPTS[name] : "",
  });
}
rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
const table = [
  "# Licences of all dependencies",
  "",
  `Written by \`npm run licences -- --write docs/licences.md\` from the lock file: ${rows.length} packages.`,
  "",
  "| package | version | licence | for | install script |",
  "|---|---|---|---|---|",
  ...rows.map(
    ({ name, version, licence, use, script }) =>
      `| ${name} | ${version} | ${licence} | ${use} | ${script ?? ""} |`,
  ),
  "",
].join("\n");
const at = process.argv.indexOf("--write");
if (at > 0) writeFileSync(process.argv[at + 1], table);
const counts = new Map();
for (const { licence } of rows) counts.set(licence, (counts.get(licence) ?? 0) + 1);
for (const [licence, count] of [...counts].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(5)} ${licence}`);
for (const problem of problems) console.error(`problem: ${problem}`);
console.log(`${rows.length} packages, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function isAllowed(term) {
  return ALLOWED.includes(term.trim()) || /WITH LLVM-exception/.test(term);
}

function licenceOf(path) {
  try {
    const { license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
    return typeof license === "string" ? license : (license?.type ?? "none");
  } catch {
    return "none";
  }
}
