// Keeps the house in order: which package may import which, which room which, what may reach a browser, what must be declared,
// how long a file may be, whether a cited section of the specification exists. Prints every offence and exits with 1.
// Usage: node scripts/check-imports.mjs [FOLDER OF A CHECKOUT]
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { checkCitations } from "./citations.mjs";
import { checkOrder } from "./import-order.mjs";

const root = process.argv[2] ? `${resolve(process.argv[2])}/` : fileURLToPath(new URL("..", import.meta.url));
const MAX_LINES = 400;

/** Packages that each one may import, besides what is outside the project. */
const ALLOWED = { graph: [], core: ["@lorat/graph"], lorat: ["@lorat/graph", "@lorat/core"] };
/** Packages that must run in a browser. */
const BROWSER = new Set(["graph", "core"]);
const NODE_GLOBALS = new Set(["Buffer", "process", "require", "__dirname", "__filename", "setImmediate"]);
const builtin = new Set(builtinModules);

const offences = [];
const offend = (file, line, message) => offences.push(`${relative(root, file)}:${line}: ${message}`);
let checked = 0;

for (const name of readdirSync(join(root, "packages"))) {
  if (!(name in ALLOWED))
    offend(join(root, "packages", name), 1, "a package without a rule in scripts/check-imports.mjs");
  else checkPackage(name);
}
const sources = Object.keys(ALLOWED).flatMap((name) => files(join(root, "packages", name, "src")));
const checkedSources = sources.filter((file) => !isForTests(file));
for (const { file, line, message } of [
  ...checkOrder(root, checkedSources),
  ...checkCitations(root, sources),
]) {
  offend(file, line, message);
}
for (const folder of ["packages", "tests", "experiments", "examples", "scripts", "apps"]) {
  for (const file of files(join(root, folder))) checkLength(file);
}

if (offences.length > 0) {
  console.error(offences.sort().join("\n"));
  console.error(`${offences.length} offences in ${checked} files`);
  process.exitCode = 1;
} else {
  console.log(`${checked} files keep to the rules`);
}

function checkPackage(name) {
  const folder = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const workspace = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  const ofWorkspace = { ...workspace.devDependencies, ...workspace.optionalDependencies };
  const forTests = new Set([...declared, ...Object.keys(ofWorkspace)]);
  for (const dependency of declared) {
    const own = dependency === "lorat" || dependency.startsWith("@lorat/");
    if (own && !ALLOWED[name].includes(dependency))
      offend(join(folder, "package.json"), 1, `depends on ${dependency}`);
  }
  for (const file of files(join(folder, "src"))) {
    const isTest = isForTests(file);
    const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
    for (const { specifier, line } of importsOf(source)) {
      checkImport({ name, folder, file, isTest, specifier, line, declared: isTest ? forTests : declared });
    }
    if (BROWSER.has(name) && !isTest && !isForNode(file)) checkGlobals(file, source);
  }
}

function checkImport({ name, folder, file, isTest, specifier, line, declared }) {
  if (specifier.startsWith("#")) return; // package.json's own conditions choose the file
  if (specifier.startsWith(".")) {
    const target = resolve(dirname(file), specifier);
    if (!target.startsWith(`${join(folder, "src")}/`) && !(isTest && isTestHelper(name, target)))
      offend(file, line, `${specifier} leaves the package`);
    if (!/\.(ts|json|js)$/.test(specifier)) offend(file, line, `${specifier} has no extension`);
    if (BROWSER.has(name) && !isTest && isForNode(target) && !isForNode(file)) {
      offend(file, line, `${specifier} is for Node only: reach it through a condition in package.json`);
    }
    return;
  }
  const isBuiltin = specifier.startsWith("node:") || builtin.has(specifier);
  if (isBuiltin) {
    if (!specifier.startsWith("node:")) offend(file, line, `write node:${specifier}`);
    if (BROWSER.has(name) && !isTest && !isForNode(file)) {
      offend(file, line, `${specifier} does not exist in browsers: move it to a *.node.ts file`);
    }
    return;
  }
  const [scope, second] = specifier.split("/");
  const imported = scope.startsWith("@") ? `${scope}/${second}` : scope;
  const own = imported === "lorat" || imported.startsWith("@lorat/");
  if (own && !ALLOWED[name].includes(imported)) offend(file, line, `${name} must not import ${imported}`);
  else if (!declared.has(imported)) offend(file, line, `${imported} is not in the package's dependencies`);
  if (own && /\/(src|dist)\//.test(specifier))
    offend(file, line, `${specifier} goes round the package's public face`);
}

/** Every module named by an import, an export or a dynamic import. */
function importsOf(source) {
  const { importedFiles } = ts.preProcessFile(source.text, true, true);
  return importedFiles.map(({ fileName, pos }) => ({
    specifier: fileName,
    line: source.getLineAndCharacterOfPosition(pos).line + 1,
  }));
}

function checkGlobals(file, source) {
  const visit = (node) => {
    const isName = ts.isIdentifier(node) && NODE_GLOBALS.has(node.text);
    const isMember = isName && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    const isKey = isName && "name" in node.parent && node.parent.name === node;
    if (isName && !isMember && !isKey) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      offend(file, line + 1, `${node.text} does not exist in browsers`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function checkLength(file) {
  checked++;
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").length;
  if (lines >= MAX_LINES)
    offend(file, lines, `${lines} lines: a file holds one idea, in fewer than ${MAX_LINES}`);
}

/** What a package keeps for tests may be used by the tests of those that may import it. */
function isTestHelper(name, target) {
  const owners = ALLOWED[name].map((allowed) =>
    join(root, "packages", allowed.replace("@lorat/", ""), "src", "testing"),
  );
  return owners.some((folder) => target.startsWith(`${folder}/`));
}

function isForTests(file) {
  return /\.test\.ts$/.test(file) || file.includes(join("src", "testing"));
}

function isForNode(file) {
  return /\.node\.ts$/.test(basename(file));
}

function files(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return /^(node_modules|dist|generated|fixtures)$/.test(entry.name) ? [] : files(path);
    return /\.(ts|mjs)$/.test(entry.name) && !/\.d\.ts$/.test(entry.name) ? [path] : [];
  });
}
