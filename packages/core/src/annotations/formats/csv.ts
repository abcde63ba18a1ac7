import { LoratError } from "@lorat/graph";
import { type AnnotationFormat, decimals, TrackBuilder, textOf } from "../clip.ts";

const COLUMNS = ["frame", "track", "label", "x", "y", "width", "height", "occluded", "score"] as const;
const NEEDED = ["frame", "x", "y", "width", "height"] as const;

/** A table with a heading. */
export const csv: AnnotationFormat = {
  title: "CSV",
  rules: `columns ${COLUMNS.join(",")} by their heading, in any order, of which ${NEEDED.join(", ")} are needed; frames and pixels from 0; absent: no row`,
  file: "boxes.csv",
  beside: [],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: true,
    scores: true,
    frameCount: false,
    size: false,
    fps: false,
  },
  needsSize: false,
  read(files, { firstPixel = 0, firstFrame = 0, ...facts }) {
    const [heading = [], ...rows] = parseCsv(textOf(files, "boxes.csv"));
    const place = new Map(heading.map((name, i) => [name.trim().toLowerCase(), i]));
    const missing = NEEDED.filter((name) => !place.has(name));
    if (missing.length > 0) {
      throw new LoratError(
        "BOXES_MALFORMED",
        `the heading lacks ${missing.join(", ")}; it is ${heading.join(",")}`,
      );
    }
    const builder = new TrackBuilder();
    const issues: string[] = [];
    rows.forEach((row, i) => {
      const cell = (name: (typeof COLUMNS)[number]) => row[place.get(name) ?? -1] ?? "";
      const [frame, x, y, width, height] = NEEDED.map((name) =>
        cell(name).trim() === "" ? Number.NaN : Number(cell(name)),
      );
      if (![frame, x, y, width, height].every(Number.isFinite)) {
        issues.push(`row ${i + 1}: expected numbers, found ${JSON.stringify(row.join(",").slice(0, 60))}`);
        return;
      }
      const score = cell("score") === "" ? undefined : Number(cell("score"));
      const occluded = /^(1|true|yes)$/i.test(cell("occluded"));
      const box = { x: x! - firstPixel, y: y! - firstPixel, width: width!, height: height! };
      const found = { box, ...(occluded && { occluded }), ...(score !== undefined && { score }) };
      builder.add(cell("track") || 1, cell("label"), frame! - firstFrame, found, `row ${i + 1}`);
    });
    if (issues.length > 0) {
      const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
      throw new LoratError("BOXES_MALFORMED", "the file is not a table of boxes", { issues: shown });
    }
    return { ...facts, tracks: builder.tracks() };
  },
  write({ tracks }) {
    const rows = tracks.flatMap(({ id, label, boxes }) =>
      Array.from(boxes, ([frame, { box, occluded, score }]) => [
        String(frame),
        String(id),
        quoted(label),
        ...[box.x, box.y, box.width, box.height].map((value) => decimals(value)),
        occluded ? "1" : "0",
        score === undefined ? "" : decimals(score, 6),
      ]),
    );
    return new Map([
      ["boxes.csv", [COLUMNS as readonly string[], ...rows].map((row) => `${row.join(",")}\n`).join("")],
    ]);
  },
};

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of cells (RFC 4180); blank lines are left out. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  const body = text.replace(/^\uFEFF/, "");
  while (cell.lastIndex < body.length || row.length > 0) {
    const at = cell.lastIndex;
    const found = cell.exec(body);
    if (!found)
      throw new LoratError("BOXES_MALFORMED", `a quote is not closed or stands alone, at character ${at}`);
    const [, inQuotes, plain = "", end] = found;
    row.push(inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
