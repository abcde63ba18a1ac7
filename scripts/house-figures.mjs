// Size and shape of the packages: lines, files, small files, exports, long signatures. Usage: node scripts/house-figures.mjs [FOLDER OF A CHECKOUT]
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const SMALL = 30;
const MANY_PARAMETERS = 5;

const rows = [
  [
    "package",
    "lines",
    "files",
    `files under ${SMALL} lines`,
    "exports",
    "exports at the root",
    `functions with ${MANY_PARAMETERS}+ parameters`,
  ],
];
for (const name of readdirSync(join(root, "packages"))) {
  const source = join(root, "packages", name, "src");
  if (!existsSync(source)) continue;
  const files = sources(source);
  const figures = { lines: 0, small: 0, exports: 0, long: 0 };
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const lines = text.trimEnd().split("\n").length;
    figures.lines += lines;
    if (lines < SMALL) figures.small++;
    const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    figures.exports += exportsOf(parsed);
    figures.long += longSignatures(parsed);
  }
  const index = join(source, "index.ts");
  const face = ts.createSourceFile(index, readFileSync(index, "utf8"), ts.ScriptTarget.Latest, true);
  rows.push([name, figures.lines, files.length, figures.small, figures.exports, namesOf(face), figures.long]);
}
const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
for (const row of rows) console.log(row.map((cell, i) => String(cell).padStart(widths[i])).join("  "));

/** Sources that are no tests and were not generated. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(testing|generated)$/.test(entry.name) ? [] : sources(path);
    return /\.ts$/.test(entry.name) && !/\.(test|d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** Declarations with `export`. */
function exportsOf(source) {
  const isExported = (statement) =>
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return source.statements
    .filter(isExported)
    .reduce(
      (sum, statement) =>
        sum + (ts.isVariableStatement(statement) ? statement.declarationList.declarations.length : 1),
      0,
    );
}

/** Names that an index exports one by one. */
function namesOf(source) {
  return source.statements
    .filter((statement) => ts.isExportDeclaration(statement) && statement.exportClause?.elements)
    .reduce((sum, { exportClause }) => sum + exportClause.elements.length, 0);
}

function longSignatures(source) {
  let count = 0;
  const visit = (node) => {
    if (ts.isFunctionLike(node) && !ts.isFunctionTypeNode(node) && node.parameters.length >= MANY_PARAMETERS)
      count++;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return count;
}
