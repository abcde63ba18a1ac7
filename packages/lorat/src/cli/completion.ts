import { Argument, Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type CommandShape, SHELLS } from "./completion-scripts.ts";

/** Commands by name, as the list of all has them. */
type Commands = Readonly<
  Record<string, { readonly description: string; load(): Promise<CommandUnknownOpts> }>
>;

/** `lorat completion`: what a shell offers after the Tab key. */
export function completionCommand(commands: Commands) {
  return new Command("completion")
    .description("print the script by which a shell completes lorat's commands and options")
    .addArgument(new Argument("<shell>", "your shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
bash: lorat completion bash > ~/.local/share/bash-completion/completions/lorat
zsh:  lorat completion zsh > "\${fpath[1]}/_lorat"
fish: lorat completion fish > ~/.config/fish/completions/lorat.fish`,
    )
    .action(async (shell) => {
      process.stdout.write(SHELLS[shell](await allShapes(commands)));
    });
}

/** Every command and inner command, as a shell has to know them. */
export async function allShapes(commands: Commands): Promise<CommandShape[]> {
  const words = Object.entries(commands).map(([name, { description }]) => ({ name, description }));
  const shapes: CommandShape[] = [{ path: "", words, options: [] }];
  for (const entry of Object.values(commands)) addShapes(await entry.load(), "", shapes);
  return shapes;
}

function addShapes(command: CommandUnknownOpts, above: string, shapes: CommandShape[]): void {
  const path = `${above} ${command.name()}`.trim();
  const inner = command.commands.map((one) => ({ name: one.name(), description: one.description() }));
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  shapes.push({
    path,
    words: [...inner, ...choices.map((name) => ({ name, description: "" }))],
    options: command.options.map(({ long, flags, description, argChoices }) => ({
      name: long!,
      value: flags.split(" ")[1],
      description,
      choices: argChoices ?? [],
    })),
  });
  for (const one of command.commands) addShapes(one, path, shapes);
}
