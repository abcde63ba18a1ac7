import { Command, Option } from "@commander-js/extra-typings";
import { EXPORT_FORMATS } from "../evaluate/exports/index.ts";

/** `lorat submission`: an evaluation's results as a benchmark's server or toolkit takes them. */
export function submissionCommand() {
  return new Command("submission")
    .description("write an evaluation's results as a submission archive or a toolkit's result files")
    .argument("<run>", "folder that lorat eval wrote")
    .addOption(new Option("--for <benchmark>", "whose form").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--out <path>", "folder that the archives go into", ".")
    .option("--name <tracker>", "name of the tracker in the archives (default: as evaluated)")
    .option("--force", "replace archives that exist")
    .option("--json", "print the paths as JSON")
    .action(async (run, { for: form, out, name, force = false, json = false }) => {
      const { readEvaluation } = await import("../evaluate/run/read-run.ts");
      const { exportArchives, writeArchives } = await import("../evaluate/exports/index.ts");
      const archives = exportArchives(form, await readEvaluation(run, name));
      const paths = await writeArchives(archives, out, { force });
      if (json) console.log(JSON.stringify(paths));
      else for (const path of paths) console.log(path);
    });
}
