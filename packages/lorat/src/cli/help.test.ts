import { fileURLToPath } from "node:url";
import { type CommandUnknownOpts, Help } from "@commander-js/extra-typings";
import { expect, it } from "vitest";
import { COMMANDS, GROUPS } from "./commands.ts";
import { createProgram } from "./program.ts";
import { VOCABULARY } from "./vocabulary.ts";

// After a change of a command: npx vitest run packages/lorat/src/cli/help.test.ts -u

const names = Object.keys(COMMANDS);
/** Every command and inner command by its full name. */
const commands = new Map<string, CommandUnknownOpts>();
for (const name of names) {
  const program = await createProgram([name], COMMANDS);
  const command = program.commands.find((one) => one.name() === name)!;
  const add = (one: CommandUnknownOpts, path: string): void => {
    commands.set(path, one);
    for (const inner of one.commands) add(inner, `${path} ${inner.name()}`);
  };
  add(command, name);
}

function helpOf(command: CommandUnknownOpts): string {
  const help = command.configureHelp({ ...command.configureHelp(), helpWidth: 100 });
  let text = "";
  help
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      getOutHelpWidth: () => 100,
    })
    .outputHelp();
  return text;
}

const golden = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it("lorat --help", async () => {
  const text = helpOf(await createProgram([], COMMANDS));
  for (const group of GROUPS) expect(text).toContain(`\n${group}:\n`);
  await expect(text).toMatchFileSnapshot(golden("help/lorat.txt"));
});

it.each([...commands.keys()])("lorat %s --help", async (name) => {
  const text = helpOf(commands.get(name)!);
  expect(text).not.toMatch(/default: [[{]/);
  await expect(text).toMatchFileSnapshot(golden(`help/${name.replaceAll(" ", "-")}.txt`));
});

const used = [...commands].flatMap(([name, command]) =>
  command.options.map((option) => ({ name, option, word: option.long!.slice(2) })),
);

it.each(used.map(({ name, word, option }) => [name, word, option] as const))(
  "lorat %s: --%s means what it means everywhere",
  (_, word, option) => {
    expect(VOCABULARY, `cli/vocabulary.ts says what --${word} means`).toHaveProperty(word);
    const value = option.flags.split(" ")[1]?.replace("...>", ">");
    expect(value).toBe(VOCABULARY[word]!.value);
  },
);

it("explains no word that no command has", () => {
  const words = new Set(used.map(({ word }) => word));
  expect(Object.keys(VOCABULARY).filter((word) => !words.has(word))).toEqual([]);
});

it("docs/options.md is the table of all of them", async () => {
  await expect(optionsPage()).toMatchFileSnapshot(golden("../../../../docs/options.md"));
});

function optionsPage(): string {
  const help = new Help();
  const words = Object.entries(VOCABULARY).sort(([a], [b]) => a.localeCompare(b));
  const lines = words.map(([word, { value, meaning }]) => {
    const where = used.filter((one) => one.word === word).map(({ name }) => `\`${name}\``);
    const text = value ? `\`--${word} ${value}\`` : `\`--${word}\``;
    return `| ${text} | ${meaning} | ${where.join(", ")} |`;
  });
  const sections = [...commands].map(([name, command]) => {
    const own = help
      .visibleArguments(command)
      .map((one) => `| \`${one.name()}\` | ${cell(one.description)} |`);
    const options = command.options.map(
      (option) => `| \`${option.flags}\` | ${cell(help.optionDescription(option))} |`,
    );
    const table = [...own, ...options];
    const rows = table.length > 0 ? ["", "| | |", "|---|---|", ...table] : [];
    return [`### lorat ${name}`, "", `${sentence(command.description())}`, ...rows, ""].join("\n");
  });
  return [
    "# Every option of every command",
    "",
    "Made from the commands themselves by `npx vitest run packages/lorat/src/cli/help.test.ts -u`; a test fails where it is out of date.",
    "",
    "## One word, one meaning",
    "",
    "| option | meaning | commands |",
    "|---|---|---|",
    ...lines,
    "",
    "## Command by command",
    "",
    ...sections,
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
