// Whether imports point down: between the rooms of the toolkit, and between files, which must not lead round in a circle.
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import ts from "typescript";

/**
 * Rooms of `packages/lorat/src`, from the top floor to the bottom. A file imports from its own room and from rooms that
 * stand later in this list.
 */
export const ROOMS = [
  "cli",
  // verbs
  "measure",
  "models",
  "train",
  "evaluate",
  "track",
  // nouns
  "runs",
  "trackers",
  // material
  "sampling",
  "synth",
  // data
  "datasets",
  // tools
  "report",
  "media",
  "files",
  "mpi",
  "threads",
];

/** Circles that are in the nature of things: an operator's gradient is made of operators. */
const INHERENT_CIRCLES = [/^packages\/graph\/src\/(ops\/|gradient\.ts$)/];

/**
 * Offences against the order of rooms, and circles of files.
 *
 * @param {string} root the project's folder
 * @param {readonly string[]} files absolute paths of sources that are no tests
 * @returns {{ file: string, line: number, message: string }[]}
 */
export function checkOrder(root, files) {
  const offences = [];
  const imports = new Map(files.map((file) => [file, localImports(file)]));
  const house = `${root}packages/lorat/src/`;
  for (const [file, targets] of imports) {
    if (!file.startsWith(house)) continue;
    const from = roomOf(house, file);
    if (from !== undefined && !ROOMS.includes(from)) {
      offences.push({ file, line: 1, message: `${from}/ has no place in ROOMS of scripts/import-order.mjs` });
      continue;
    }
    for (const { target, line } of targets) {
      const to = target.startsWith(house) ? roomOf(house, target) : undefined;
      if (from === undefined || from === to) continue;
      // What starts a program or a thread hands the package's public face to the modules of users.
      const isStart = from === "cli" || /-worker\.ts$/.test(file);
      const isFace = !isStart && target === `${house}index.ts`;
      if (isFace || (to !== undefined && ROOMS.indexOf(to) < ROOMS.indexOf(from))) {
        offences.push({
          file,
          line,
          message: `${from}/ must not import from ${isFace ? "the package's index" : `${to}/, which stands above it`}`,
        });
      }
    }
  }
  for (const circle of circles(imports)) {
    const names = circle.map((file) => relative(root, file));
    if (INHERENT_CIRCLES.some((inherent) => names.every((name) => inherent.test(name)))) continue;
    offences.push({
      file: circle[0],
      line: 1,
      message: `a circle of ${circle.length} files: ${names.join(" -> ")}`,
    });
  }
  return offences;
}

/** The room of a file; undefined for those that stand beside the rooms. */
function roomOf(house, file) {
  const [room, ...rest] = file.slice(house.length).split("/");
  return rest.length > 0 ? room : undefined;
}

function localImports(file) {
  const text = readFileSync(file, "utf8");
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName, pos }) => ({
      target: resolve(dirname(file), fileName),
      line: text.slice(0, pos).split("\n").length,
    }));
}

/**
 * Groups of files that reach each other (Tarjan's strongly connected components), those of one file left out.
 *
 * @param {ReadonlyMap<string, readonly { target: string }[]>} imports
 */
function circles(imports) {
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    for (const { target } of imports.get(file)) {
      if (!imports.has(target)) continue;
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file), lowest.get(target)));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}
