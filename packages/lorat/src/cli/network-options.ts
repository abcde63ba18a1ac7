import { Option } from "@commander-js/extra-typings";
import { precisions } from "@lorat/core/model";
import { count } from "./values.ts";

export const DEVICES = ["auto", "cpu", "webgpu", "cuda", "wasm"] as const;

/** `--model`, for every command that takes a model. */
export function modelOption() {
  return new Option("--model <model>", "name of a model that comes with lorat, or a model folder").default(
    "nano",
  );
}

/** `--adapter`, for every command that tracks with a model. */
export function adapterOption() {
  return new Option("--adapter <file>", "adapter for that model, as lorat finetune writes them");
}

/** `--device`, for every command that runs a network. */
export function deviceOption() {
  return new Option("--device <device>", "where the network runs").choices(DEVICES).default("auto" as const);
}

/** `--precision`, for every command that tracks with a model; one that the device lacks is refused when the model is loaded. */
export function precisionOption() {
  return new Option(
    "--precision <precision>",
    "numbers that the network computes in: int8 on CPUs, fp16 on GPUs",
  )
    .choices(precisions)
    .default("fp32" as const);
}

/** `--threads`, for every command that runs a network. */
export function threadsOption(fallback = "chosen by the runtime") {
  return new Option(
    "--threads <number>",
    `threads inside an operator, CPU only (default: ${fallback})`,
  ).argParser(count);
}

/** `--redetect`, for every command that tracks with a model. */
export function redetectOption() {
  return new Option(
    "--redetect",
    "look for a lost object in the whole frame; at most two more passes a frame",
  );
}
