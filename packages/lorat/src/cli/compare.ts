import { Option } from "@commander-js/extra-typings";
import { protocolOf } from "@lorat/core/metrics";
import { compareTrackers } from "../evaluate/compare/comparison.ts";
import { comparisonJson } from "../evaluate/compare/comparison-json.ts";
import { comparisonTable } from "../evaluate/compare/table.ts";
import { renderTable, TABLE_FORMS } from "../evaluate/compare/table-forms.ts";
import { writeWhole } from "../files/pending-file.ts";
import { resultCommand, resultOptions } from "./result-options.ts";

/** `lorat compare`: many trackers over many benchmarks in one table and one page. */
export function compareCommand() {
  return resultCommand("compare")
    .description("compare trackers' result files over benchmarks")
    .requiredOption("--dataset <kind:path...>", "annotations: folders, .tar.gz or .zip")
    .requiredOption("--results <path...>", "result folders or archives; NAME=PATH names a tracker")
    .addOption(
      new Option("--format <form>", "form of the table").choices(TABLE_FORMS).default("terminal" as const),
    )
    .option("--published", "published trackers' rows above, with their sources")
    .option("--all-figures", "every figure of every benchmark")
    .option("--html <file>", "also write a page with plots, attributes, sequences and failures")
    .option("--force", "replace the page if it exists")
    .option("--json", "print one object in place of the table")
    .action(async (options) => {
      const comparison = await compareTrackers({
        datasets: options.dataset,
        results: options.results,
        protocol: protocolOf(options.protocol),
        options: resultOptions(options),
      });
      const table = comparisonTable(comparison, { published: options.published, all: options.allFigures });
      if (options.html !== undefined) {
        const { comparisonPage } = await import("../evaluate/compare/html-report.ts");
        await writeWhole(options.html, await comparisonPage(comparison, table), { force: options.force });
      }
      console.log(
        options.json
          ? JSON.stringify(comparisonJson(comparison, table), null, 2)
          : renderTable(table, options.format),
      );
    });
}
