import { splitLines } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";

/**
 * A sequence's attribute file: 0 or 1 for each of the benchmark's attributes, by commas, blanks or lines. Throws
 * `ATTRIBUTES_MALFORMED`.
 */
export function parseAttributeFlags(text: string, names: readonly string[], file: string): string[] {
  const flags = text.replace(/^\uFEFF/, "").match(/[^\s,;]+/g) ?? [];
  const wrong = flags.find((flag) => flag !== "0" && flag !== "1");
  if (wrong !== undefined || flags.length !== names.length) {
    const found = wrong === undefined ? `${flags.length} numbers` : JSON.stringify(wrong);
    throw new LoratError(
      "ATTRIBUTES_MALFORMED",
      `${file}: expected 0 or 1 for each of ${names.length} attributes (${names.join(", ")}), found ${found}`,
    );
  }
  return names.filter((_, i) => flags[i] === "1");
}

/**
 * A benchmark's list of attributes: `NAME<tab>IV, OCC, …` lines, as OTB's authors publish them; lines with `#` in front are
 * left out. Throws `ATTRIBUTES_MALFORMED` with every bad line.
 */
export function parseAttributeList(text: string, file: string): Map<string, string[]> {
  const attributes = new Map<string, string[]>();
  const issues: string[] = [];
  splitLines(text).forEach((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const [, name, list] = /^\s*(\S+)(?:[\t:]|\s{1,})\s*(.*)$/.exec(line) ?? [];
    const short = list?.split(/[\s,;]+/).filter(Boolean) ?? [];
    if (name !== undefined && short.length > 0 && short.every((one) => /^[A-Z]{2,4}$/.test(one))) {
      attributes.set(name, short);
    } else {
      issues.push(
        `line ${i + 1}: expected NAME and its attributes, found ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("ATTRIBUTES_MALFORMED", `${file} is not a list of attributes`, { issues: shown });
  }
  return attributes;
}
