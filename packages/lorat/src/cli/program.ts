import { writeSync } from "node:fs";
import { Command } from "commander";
import { unwritable } from "../files/system-error.ts";
import { offerToUserModules } from "../files/user-module.ts";
import { describeError, EXIT } from "./errors.ts";

/** Every command and the file it lives in; a file is only loaded when its command, or the list of all, is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  track: async () => (await import("./track.ts")).trackCommand(),
  models: async () => (await import("./models.ts")).modelsCommand(),
  verify: async () => (await import("./verify.ts")).verifyCommand(),
  convert: async () => (await import("./convert.ts")).convertCommand(),
  bench: async () => (await import("./bench.ts")).benchCommand(),
  quantise: async () => (await import("./quantise.ts")).quantiseCommand(),
  profile: async () => (await import("./profile.ts")).profileCommand(),
  calibrate: async () => (await import("./calibrate.ts")).calibrateCommand(),
  train: async () => (await import("./train.ts")).trainCommand(),
  finetune: async () => (await import("./finetune.ts")).finetuneCommand(),
  ablate: async () => (await import("./ablate.ts")).ablateCommand(),
  runs: async () => (await import("./runs.ts")).runsCommand(),
  eval: async () => (await import("./eval.ts")).evalCommand(),
  export: async () => (await import("./export.ts")).exportCommand(),
  compare: async () => (await import("./compare.ts")).compareCommand(),
  score: async () => (await import("./score.ts")).scoreCommand(),
  synth: async () => (await import("./synth.ts")).synthCommand(),
  vot: async () => (await import("./vot.ts")).votCommand(),
};

/**
 * Runs the command line `args` (without `node` and the script) and gives the exit status: 0, 1 for wrong input, 2
 * for wrong usage, 70 for a fault of this program, 130 after Ctrl-C. Errors go to standard error.
 */
export async function runCommandLine(args: readonly string[], commands = COMMANDS): Promise<number> {
  endQuietlyWithReader();
  offerToUserModules("lorat", () => import("../index.ts"));
  try {
    const program = await createProgram(args, commands);
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    const { text, status } = describeError(error);
    if (text) process.stderr.write(`${text}\n`);
    return status;
  }
}

async function createProgram(args: readonly string[], commands: typeof COMMANDS): Promise<Command> {
  const program = new Command("lorat")
    .description("Visual object tracking: follow any object through a video")
    .usage("COMMAND [options]")
    .helpOption("-h, --help", "show what a command does and its options")
    .version(await version(), "-v, --version", "print the version")
    .enablePositionalOptions() // what comes after the name of an inner command is its own
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => {} }); // printed in one style, by describeError
  const wanted = args.find((arg) => !arg.startsWith("-")) ?? "";
  const names = Object.hasOwn(commands, wanted) ? [wanted] : Object.keys(commands);
  for (const name of names) {
    const command = (await commands[name]!()).copyInheritedSettings(program);
    for (const inner of command.commands) inner.copyInheritedSettings(command);
    program.addCommand(command);
  }
  return program;
}

async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function tryWriting(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {}
}

/** A reader that has seen enough, such as `head`, is no error; standard output on a full disk is one of the disk. */
function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount("error") > 0) continue;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.ok);
      const name = stream === process.stdout ? "standard output" : "standard error";
      const { text, status } = describeError(unwritable(name, error));
      // Where that cannot be written either, the status tells.
      if (stream === process.stdout) tryWriting(text);
      process.exit(status);
    });
  }
}
