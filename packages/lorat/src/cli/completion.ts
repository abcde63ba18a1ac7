import { Argument, Command } from "@commander-js/extra-typings";
import { type CommandShape, SHELLS } from "./completion-scripts.ts";

/** `lorat completion`: what a shell offers after the Tab key. */
export function completionCommand() {
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
      process.stdout.write(SHELLS[shell](await allShapes()));
    });
}

/** Every command and inner command, as a shell has to know them. */
export async function allShapes(): Promise<CommandShape[]> {
  const { COMMANDS } = await import("./commands.ts");
  const shapes: CommandShape[] = [
    {
      path: "",
      words: Object.entries(COMMANDS).map(([name, { description }]) => ({ name, description })),
      options: [],
    },
  ];
  for (const entry of Object.values(COMMANDS)) addShapes(await entry.load(), "", shapes);
  return shapes;
}

type AnyCommand = Awaited<ReturnType<typeof import("./commands.ts")["COMMANDS"][string]["load"]>>;

function addShapes(command: AnyCommand, above: string, shapes: CommandShape[]): void {
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
