import type { Device } from "@lorat/graph";
import { Command, InvalidArgumentError } from "commander";
import { replayRecord } from "../models/verify/replay.ts";
import { deviceOption } from "./network-options.ts";

/** `lorat verify`: does this device, or this conversion, give the reference's numbers? */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("replay a recorded reference forward pass and print the largest difference at each stage")
    .argument("<record>", "the recording: a .safetensors file with its .json beside it")
    .addOption(deviceOption())
    .option("--tolerance <number>", "largest difference allowed, instead of each stage's own", positive)
    .option("--json", "print one JSON object")
    .action(async (record: string, options: { device: Device; tolerance?: number; json?: boolean }) => {
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

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is needed");
  return value;
}
