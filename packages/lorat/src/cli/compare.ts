import { PROTOCOL_NAMES, protocolOf } from "@lorat/core/metrics";
import { Command, Option } from "commander";
import { compareTrackers } from "../evaluate/compare/comparison.ts";
import { comparisonJson } from "../evaluate/compare/comparison-json.ts";
import { comparisonTable } from "../evaluate/compare/table.ts";
import { renderTable, TABLE_FORMS, type TableForm } from "../evaluate/compare/table-forms.ts";
import { writeWhole } from "../files/pending-file.ts";
import { addResultOptions, type ResultFlags, resultOptions } from "./result-options.ts";

interface CompareOptions extends ResultFlags {
  dataset: string[];
  results: string[];
  protocol: string;
  format: TableForm | "json";
  json?: boolean;
  html?: string;
  published?: boolean;
  all?: boolean;
  force?: boolean;
}

/** `lorat compare`: many trackers over many benchmarks in one table and one page. */
export function compareCommand(): Command {
  const command = new Command("compare")
    .description("compare trackers' result files over benchmarks")
    .requiredOption("--dataset <kind:path...>", "annotations: folders, .tar.gz or .zip")
    .requiredOption("--results <path...>", "result folders or archives; NAME=PATH names a tracker")
    .addOption(
      new Option("--protocol <name>", "conventions of the metric")
        .choices([...PROTOCOL_NAMES])
        .default("toolkit"),
    );
  return addResultOptions(command)
    .addOption(
      new Option("--format <form>", "of the table").choices([...TABLE_FORMS, "json"]).default("terminal"),
    )
    .option("--json", "the same as --format json")
    .option(
      "--html <file>",
      "also write one self-contained page with plots, attributes, sequences and failures",
    )
    .option("--published", "published trackers' rows above, with their sources")
    .option("--all", "every figure of every benchmark")
    .option("--force", "replace the page if it exists")
    .action(runCompare);
}

async function runCompare(options: CompareOptions): Promise<void> {
  const comparison = await compareTrackers({
    datasets: options.dataset,
    results: options.results,
    protocol: protocolOf(options.protocol),
    options: resultOptions(options),
  });
  const table = comparisonTable(comparison, options);
  if (options.html !== undefined) {
    const { comparisonPage } = await import("../evaluate/compare/html-report.ts");
    await writeWhole(options.html, await comparisonPage(comparison, table), { force: options.force });
  }
  const form = options.json ? "json" : options.format;
  console.log(
    form === "json" ? JSON.stringify(comparisonJson(comparison, table), null, 2) : renderTable(table, form),
  );
}
