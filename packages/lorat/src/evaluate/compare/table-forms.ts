import { bestTwo, type ComparisonTable, shown } from "./table.ts";

export const TABLE_FORMS = ["terminal", "markdown", "latex", "csv"] as const;
export type TableForm = (typeof TABLE_FORMS)[number];

/** A table as text. */
export function renderTable(table: ComparisonTable, form: TableForm): string {
  return { terminal, markdown, latex, csv }[form](table);
}

function headings({ groups }: ComparisonTable): string[] {
  return groups.flatMap(({ title, figures }) => figures.map((figure) => `${title} ${figure}`));
}

function terminal(table: ComparisonTable): string {
  const { groups, rows, notes } = table;
  const wide = Math.max(8, ...rows.map(({ name }) => name.length + 2));
  const cell = 8;
  const title = groups.map(({ title, figures }) => `  ${title}`.padEnd(figures.length * cell)).join("");
  const figures = groups.flatMap((group) => group.figures.map((figure) => figure.padStart(cell))).join("");
  return [
    `${" ".repeat(wide)}${title}`.trimEnd(),
    `${" ".repeat(wide)}${figures}`,
    ...rows.map(
      ({ name, isPublished, values }) =>
        `${`${name}${isPublished ? " *" : ""}`.padEnd(wide)}${values.map((value) => shown(value).padStart(cell)).join("")}`,
    ),
    "",
    ...notes.map((note) => `${note.startsWith("published rows") ? "* " : ""}${note}`),
  ].join("\n");
}

/** The best value of a column in bold, the second best underlined or in italics. */
function marked(
  table: ComparisonTable,
  bold: (text: string) => string,
  second: (text: string) => string,
): string[][] {
  const best = bestTwo(table);
  return table.rows.map(({ values }) =>
    values.map((value, column) => {
      const text = shown(value);
      if (value === undefined || table.rows.length < 2) return text;
      if (Number(text) === best[column]![0]) return bold(text);
      return Number(text) === best[column]![1] ? second(text) : text;
    }),
  );
}

function markdown(table: ComparisonTable): string {
  const escaped = (text: string) => text.replaceAll("|", "\\|");
  const cells = marked(
    table,
    (text) => `**${text}**`,
    (text) => `*${text}*`,
  );
  const heads = headings(table);
  return [
    `| tracker | ${heads.map(escaped).join(" | ")} |`,
    `| --- | ${heads.map(() => "---:").join(" | ")} |`,
    ...table.rows.map(
      ({ name, isPublished }, i) =>
        `| ${escaped(name)}${isPublished ? " (published)" : ""} | ${cells[i]!.join(" | ")} |`,
    ),
    "",
    ...table.notes.map((note) => `${escaped(note)}\n`),
  ].join("\n");
}

function latex(table: ComparisonTable): string {
  const { groups, rows, notes } = table;
  const cells = marked(
    table,
    (text) => `\\textbf{${text}}`,
    (text) => `\\underline{${text}}`,
  );
  const firstScored = rows.findIndex(({ isPublished }) => !isPublished);
  return [
    ...notes.map((note) => `% ${note}`),
    `\\begin{tabular}{l${groups.map(({ figures }) => `|${"c".repeat(figures.length)}`).join("")}}`,
    "\\hline",
    ` & ${groups.map(({ title, figures }) => `\\multicolumn{${figures.length}}{c}{${escapeLatex(title)}}`).join(" & ")} \\\\`,
    `Tracker & ${groups.flatMap(({ figures }) => figures.map(latexFigure)).join(" & ")} \\\\`,
    "\\hline",
    ...rows.flatMap(({ name }, i) => [
      ...(i === firstScored && i > 0 ? ["\\hline"] : []),
      `${escapeLatex(name)} & ${cells[i]!.join(" & ")} \\\\`,
    ]),
    "\\hline",
    "\\end{tabular}",
  ].join("\n");
}

function latexFigure(figure: string): string {
  if (figure === "PNorm") return "P$_{Norm}$";
  return figure.startsWith("SR") ? `SR$_{${figure.slice(2)}}$` : figure;
}

function escapeLatex(text: string): string {
  return text.replace(/[\\&%$#_{}~^]/g, (letter) =>
    letter === "\\"
      ? "\\textbackslash{}"
      : letter === "~" || letter === "^"
        ? `\\${letter}{}`
        : `\\${letter}`,
  );
}

/** Full precision; notes as comment lines in front. */
function csv(table: ComparisonTable): string {
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [
    ...table.notes.map((note) => `# ${note}`),
    ["tracker", "origin", ...headings(table)].map(quote).join(","),
    ...table.rows.map(({ name, isPublished, values }) =>
      [
        quote(name),
        isPublished ? "published" : "scored",
        ...values.map((value) => (value === undefined ? "" : String(Number(value.toFixed(4))))),
      ].join(","),
    ),
  ].join("\n");
}
