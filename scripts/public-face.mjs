// Whether the packages show what they are meant to show: every name that an entry point exports has a docstring, and the names are those
// recorded in docs/public-face.txt. After a change that is meant: node scripts/public-face.mjs --write
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const record = join(root, "docs", "public-face.txt");

/** Entry points by the name that people import, out of the packages' own `exports`. */
export function entryPoints(project = root) {
  return ["graph", "core", "lorat"].flatMap((folder) => {
    const place = join(project, "packages", folder);
    const { name, exports } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
    return Object.entries(exports).flatMap(([path, target]) => {
      const source = target["lorat-source"];
      return source ? [{ name: name + path.slice(1), file: join(place, source) }] : [];
    });
  });
}

/**
 * The names of each entry point with what they are, and the places of those without documentation.
 *
 * @param {readonly { name: string, file: string }[]} entries
 */
export function readFace(entries) {
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      customConditions: ["lorat-source"],
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
    },
  );
  const checker = program.getTypeChecker();
  const lines = [];
  const undocumented = [];
  for (const { name, file } of entries) {
    const source = program.getSourceFile(file);
    if (!source) throw new Error(`${relative(root, file)} is missing`);
    const module = checker.getSymbolAtLocation(source);
    const found = (module ? checker.getExportsOfModule(module) : []).map((symbol) => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      return { name: symbol.name, symbol: isAlias ? checker.getAliasedSymbol(symbol) : symbol };
    });
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    lines.push(`# ${name}: ${found.length} names`);
    for (const { name: shown, symbol } of found) {
      lines.push(`${kindOf(symbol)} ${shown}`);
      if (symbol.getDocumentationComment(checker).length > 0) continue;
      const [declaration] = symbol.declarations ?? [];
      if (!declaration) continue;
      const declared = declaration.getSourceFile();
      const { line } = declared.getLineAndCharacterOfPosition(declaration.getStart());
      undocumented.push(
        `${relative(root, declared.fileName)}:${line + 1}: ${shown} (of ${name}) has no docstring`,
      );
    }
    lines.push("");
  }
  return { text: lines.join("\n"), undocumented: [...new Set(undocumented)] };
}

function kindOf({ flags }) {
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  if (flags & ts.SymbolFlags.Variable) return "const";
  return "type";
}

/** Lines that one text has and the other lacks, under the entry point that they belong to. */
export function changes(before, now) {
  const [old, recent] = [before, now].map((text) => {
    let entry = "";
    return new Set(
      text.split("\n").flatMap((line) => {
        if (line.startsWith("# ")) entry = line.slice(2).replace(/:.*/, "");
        return line === "" || line.startsWith("# ") ? [] : [`${entry}: ${line}`];
      }),
    );
  });
  return [
    ...[...old].filter((line) => !recent.has(line)).map((line) => `- ${line}`),
    ...[...recent].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, undocumented } = readFace(entryPoints());
  let problems = undocumented;
  if (process.argv.includes("--write")) writeFileSync(record, text);
  else {
    let recorded = "";
    try {
      recorded = readFileSync(record, "utf8");
    } catch {
      // told below: every name is new
    }
    const changed = changes(recorded, text);
    if (changed.length > 0) {
      problems = [
        ...problems,
        "the public face is not the recorded one; where that is meant: node scripts/public-face.mjs --write",
        ...changed,
      ];
    }
  }
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    process.exitCode = 1;
  } else {
    console.log(
      `${text.split("\n").filter((line) => /^[a-z]/.test(line)).length} public names, all documented and recorded`,
    );
  }
}
