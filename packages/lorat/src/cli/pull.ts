import { Command, Option } from "@commander-js/extra-typings";
import { variants } from "@lorat/core/model";
import { LoratError } from "@lorat/graph";
import { listenForInterrupt } from "./interrupt.ts";
import { createStages } from "./progress.ts";

/** `lorat pull`: weights onto this machine. */
export function pullCommand() {
  return withOptions().action(run);
}

type Flags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("pull")
    .description("bring published weights, or those behind an address, onto this machine, ready for --model")
    .argument(
      "<what>",
      "lorat-{b,l,g}-{224,378}, dinov2-{s,b,l,g}, an address, or a file; what torch or Hugging Face have fetched is used",
    )
    .option(
      "--out <path>",
      "the model folder to make (default: one in the cache, which --model takes by name)",
    )
    .addOption(
      new Option("--variant <name>", "the variant, where neither weights nor name tell").choices([
        ...variants.keys(),
      ]),
    )
    .addOption(
      new Option(
        "--storage <type>",
        "numbers that matrices and tables are stored in; vectors stay fp32",
      ).choices(["fp32", "fp16"] as const),
    )
    .addOption(
      new Option("--sha256 <hex>", "checksum that the file must have").argParser((text: string) => {
        if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
        throw new LoratError("USAGE", `--sha256 takes 64 hexadecimal digits, not "${text}"`);
      }),
    )
    .option("--offline", "contact nobody; HF_HUB_OFFLINE=1 does the same")
    .option("--force", "make the model again where it exists")
    .option("--json", "print one JSON object");
}

async function run(what: string, { out, json, storage: precision, ...flags }: Flags): Promise<void> {
  const { pull } = await import("../models/pull/pull.ts");
  const stages = createStages();
  const interruption = listenForInterrupt();
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  const say = (text: string) => {
    stages.done();
    console.error(text);
  };
  try {
    const pulled = await pull(what, {
      ...flags,
      precision,
      outDir: out,
      signal: interruption.signal,
      onProgress: (name, done, total) =>
        stages.update(`fetching ${name}`, megabytes(done), megabytes(total ?? 0), "MB"),
      onConvert: (done, total) => stages.update("converting", megabytes(done), megabytes(total), "MB"),
      onNote: (text) => say(`note: ${text}`),
      onWait: ({ pid }) => say(`process ${pid} is at the same, waiting for it`),
    });
    stages.done();
    if (json) return console.log(JSON.stringify(pulled, null, 2));
    for (const note of pulled.notes) console.error(`note: ${note}`);
    console.log(pulled.path);
    const use =
      pulled.kind === "model" ? `lorat track VIDEO --box X,Y,W,H --model ${pulled.name}` : undefined;
    if (use && process.stdout.isTTY) console.error(`next: ${use}`);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("stopped; what was fetched is kept, the same command goes on from there");
    process.exitCode = interruption.status();
  } finally {
    interruption.release();
    stages.done();
  }
}
