import { Command } from "@commander-js/extra-typings";
import { replayRecord } from "../models/verify/replay.ts";
import { deviceOption } from "./network-options.ts";
import { positive } from "./values.ts";

/** `lorat verify`: does this device, or this conversion, give the reference's numbers? */
export function verifyCommand() {
  return new Command("verify")
    .description("replay a recorded reference forward pass and print the largest difference at each stage")
    .argument("<record>", "the recording: a .safetensors file with its .json beside it")
    .addOption(deviceOption())
    .option("--tolerance <number>", "largest difference allowed, instead of each stage's own", positive)
    .option("--json", "print one JSON object")
    .action(async (record, options) => {
      const result = await replayRecord(record, options);
      if (options.json) {
        console.log(JSON.stringify(result, null, 2));
      } else {
        console.log(`${record} on ${result.device}`);
        for (const { stage, difference, tolerance, passed } of result.stages) {
          const verdict = passed ? "ok" : "TOO FAR";
          console.log(
            `${stage.padEnd(26)} ${difference.toExponential(2).padStart(10)}  (at most ${tolerance})  ${verdict}`,
          );
        }
        console.log(result.passed ? "all stages agree" : "the numbers differ from the reference");
      }
      if (!result.passed) process.exitCode = 1;
    });
}
