import { Command } from "commander";
import { threadsOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";

interface Flags {
  readonly threads?: number;
  readonly json?: boolean;
}

/** `lorat quantise`: the accuracy guard of int8. */
export function quantiseCommand(): Command {
  return new Command("quantise")
    .description(
      "find the layers of a model that int8 must leave in single precision, and note them in its model.json",
    )
    .argument("[model]", "name of a model that comes with lorat, or a model folder", "nano")
    .addOption(threadsOption())
    .option("--json", "print the result as one JSON object")
    .action(async (model: string, { threads, json }: Flags) => {
      const { quantise } = await import("../models/quantise/quantise.ts");
      const progress = createProgress({ label: "measuring", unit: "networks" });
      let measured = 0;
      const result = await quantise(model, {
        threads,
        onMeasured: () => progress.update(++measured),
      }).finally(() => progress.done());
      if (json) return console.log(JSON.stringify(result, null, 2));
      const { singleLayers, agreement, folder } = result;
      const { mean, worst } = agreement;
      console.log(
        `boxes at int8 and at fp32 overlap by ${mean.toFixed(3)} on average, ${worst.toFixed(3)} at worst`,
      );
      console.log(
        `in single precision: ${singleLayers.join(", ") || "no layer beside those that always are"}`,
      );
      console.log(`noted in ${folder}`);
    });
}
