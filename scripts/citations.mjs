// Whether every section of the specification that a source cites exists in docs/specification.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const CITATION = new RegExp(
  String.raw`[Ss]pecification,?\s+(?:sections?\s+)?(${NUMBER}(?:(?:,\s*|\s+and\s+|\s+to\s+|,\s*and\s+)${NUMBER})*)`,
  "g",
);

/**
 * Citations that lead nowhere.
 *
 * @param {string} root the project's folder
 * @param {readonly string[]} files absolute paths
 * @returns {{ file: string, line: number, message: string }[]}
 */
export function checkCitations(root, files) {
  const text = readFileSync(join(root, "docs", "specification.md"), "utf8");
  const sections = new Set([...text.matchAll(/^#+ (\d+(?:\.\d+)?)\b/gm)].map(([, number]) => number));
  return files.flatMap((file) => {
    // A citation may go on in the next line of a comment.
    const source = readFileSync(file, "utf8").replace(
      /\n(\s*(?:\*|\/\/))?/g,
      (gap) => `\n${" ".repeat(gap.length - 1)}`,
    );
    return [...source.matchAll(CITATION)].flatMap(({ 1: list, index }) =>
      list
        .match(new RegExp(NUMBER, "g"))
        .filter((number) => !sections.has(number))
        .map((number) => ({
          file,
          line: source.slice(0, index).split("\n").length,
          message: `docs/specification.md has no section ${number}`,
        })),
    );
  });
}
