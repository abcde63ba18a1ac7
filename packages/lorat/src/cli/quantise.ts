import { Command } from "@commander-js/extra-typings";
import { checkChangeable } from "./changeable.ts";
import { threadsOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";

/** `lorat quantise`: the accuracy guard of int8. */
export function quantiseCommand() {
  return new Command("quantise")
    .description(
      "find the layers of a model that int8 must leave in single precision, and note them in its model.json",
    )
    .argument("<model>", "a model folder, or with --force the name of a model that comes with lorat")
    .addOption(threadsOption())
    .option("--force", "change a model that comes with lorat")
    .option("--json", "print the result as one JSON object")
    .action(async (model, { threads, force, json }) => {
      await checkChangeable(model, force);
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
