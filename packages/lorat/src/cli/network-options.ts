import { precisions } from "@lorat/core/model";
import { InvalidArgumentError, Option } from "commander";

export const DEVICES = ["auto", "cpu", "webgpu", "cuda", "wasm"] as const;

/** `--device`, for every command that runs a network. */
export function deviceOption(description = "where the network runs"): Option {
  return new Option("--device <device>", description).choices(DEVICES).default("auto");
}

/** `--precision`, for every command that tracks with a model; one that the device lacks is refused when the model is loaded. */
export function precisionOption(): Option {
  return new Option(
    "--precision <precision>",
    "numbers that the network computes in: int8 on CPUs, fp16 on GPUs",
  )
    .choices(precisions)
    .default("fp32");
}

/** `--threads`, for every command that runs a network. */
export function threadsOption(description = "threads inside an operator, CPU only"): Option {
  return new Option("--threads <number>", description).argParser(wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 on.");
  return Number(text);
}
