/** How the cells of a column are placed. */
type Align = "left" | "right";

/**
 * Rows of cells as lines of text, columns two blanks apart and as wide as their widest cell. `align` says how each column is placed,
 * its last entry for all further columns; default: left.
 */
export function textTable(rows: readonly (readonly string[])[], align: readonly Align[] = ["left"]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  const place = (cell: string, i: number) =>
    (align[i] ?? align.at(-1)) === "right" ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  return rows.map((row) => row.map(place).join("  ").trimEnd()).join("\n");
}
