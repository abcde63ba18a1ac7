import { writeSync } from "node:fs";
import { Command, type CommandUnknownOpts, Help } from "@commander-js/extra-typings";
import { unwritable } from "../files/system-error.ts";
import { offerToUserModules } from "../files/user-module.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { describeError, EXIT } from "./errors.ts";

/** What loads a command, with how the list of all shows it where that is known before. */
type Loader = CommandEntry | (() => Promise<CommandUnknownOpts>);
type Loaders = Readonly<Record<string, Loader>>;

/**
 * Runs the command line `args` (without `node` and the script) and gives the exit status: 0, 1 for wrong input, 2
 * for wrong usage, 70 for a fault of this program, 130 after Ctrl-C. Errors go to standard error.
 */
export async function runCommandLine(args: readonly string[], commands: Loaders = COMMANDS): Promise<number> {
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

/** The program with the command that `args` ask for; with every command's outline where they ask for none. */
export async function createProgram(args: readonly string[], commands: Loaders): Promise<CommandUnknownOpts> {
  const program = new Command("lorat")
    .description("Visual object tracking: follow any object through a video")
    .usage("COMMAND [options]")
    .helpOption("-h, --help", "show what a command does and its options")
    .version(
      await (await import("../files/package-version.ts")).packageVersion(),
      "-v, --version",
      "print the version",
    )
    .enablePositionalOptions() // what comes after the name of an inner command is its own
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => {} }); // printed in one style, by describeError
  const [first = "", second = ""] = args.filter((arg) => !arg.startsWith("-"));
  const wanted = first === "help" ? second : first;
  const isKnown = Object.hasOwn(commands, wanted);
  for (const name of isKnown ? [wanted] : Object.keys(commands)) {
    const loader = commands[name]!;
    const command =
      typeof loader === "function" ? await loader() : isKnown ? await loader.load() : outline(name, loader);
    command.copyInheritedSettings(program);
    for (const inner of command.commands) inner.copyInheritedSettings(command);
    program.addCommand(command);
  }
  return program.configureHelp({ subcommandTerm: (command) => termOf(command, commands) });
}

/** A command that is only listed. */
function outline(name: string, { description, group }: CommandEntry): CommandUnknownOpts {
  return new Command(name).description(description).helpGroup(`${group}:`);
}

function termOf(command: CommandUnknownOpts, commands: Loaders): string {
  const loader = commands[command.name()];
  if (!loader || typeof loader === "function") return new Help().subcommandTerm(command);
  return `${command.name()} ${loader.usage}`.trim();
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
