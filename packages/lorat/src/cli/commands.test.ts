import { Help } from "@commander-js/extra-typings";
import { expect, it } from "vitest";
import { COMMANDS } from "./commands.ts";

it.each(Object.entries(COMMANDS))("%s is listed as it describes itself", async (name, entry) => {
  const command = await entry.load();
  const help = new Help();
  expect(command.name()).toBe(name);
  expect(help.subcommandTerm(command)).toBe(`${name} ${entry.usage}`.trim());
  expect(help.subcommandDescription(command)).toBe(entry.description);
});
