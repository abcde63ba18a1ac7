import { Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat } from "../evaluate/exports/index.ts";

interface Flags {
  readonly format: ExportFormat;
  readonly out: string;
  readonly name?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `lorat export`: an evaluation's results as a benchmark's server or toolkit takes them. */
export function exportCommand(): Command {
  return new Command("export")
    .description("write an evaluation's results as a submission archive or a toolkit's result files")
    .argument("<run>", "folder that lorat eval wrote")
    .addOption(new Option("--format <name>", "whose form").choices([...EXPORT_FORMATS]).makeOptionMandatory())
    .option("--out <dir>", "folder that the archives go into", ".")
    .option("--name <tracker>", "name of the tracker in the archives (default: as evaluated)")
    .option("--force", "replace archives that exist")
    .option("--json", "print the paths as JSON")
    .action(async (run: string, { format, out, name, force = false, json = false }: Flags) => {
      const { readEvaluation } = await import("../evaluate/run/read-run.ts");
      const { exportArchives, writeArchives } = await import("../evaluate/exports/index.ts");
      const archives = exportArchives(format, await readEvaluation(run, name));
      const paths = await writeArchives(archives, out, { force });
      if (json) console.log(JSON.stringify(paths));
      else for (const path of paths) console.log(path);
    });
}
