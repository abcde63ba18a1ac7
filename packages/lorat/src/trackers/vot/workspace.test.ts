import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitCommand } from "./trax-client.ts";
import { writeWorkspace } from "./workspace.ts";

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "lorat-vot-"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** The sections of an ini file. */
function parseIni(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const heading = /^\[([A-Za-z0-9-_]+)\]$/.exec(line);
    const entry = /^(\w+) = (.*)$/.exec(line);
    if (heading) {
      section = {};
      sections[heading[1]!] = section;
    } else if (entry) section[entry[1]!] = entry[2]!;
    else expect(line).toBe("");
  }
  return sections;
}

describe("a workspace for the VOT toolkit", () => {
  it("holds a configuration and a registry", async () => {
    const folder = join(base, "new");
    const written = await writeWorkspace(folder, { program: ["/opt/my node", "/opt/it's.js"] });
    expect(written).toEqual({ folder, tracker: "LoRAT-nano", files: ["config.yaml", "trackers.ini"] });
    expect(await readFile(join(folder, "config.yaml"), "utf8")).toBe(
      "registry:\n- ./trackers.ini\nstack: vot2022/shorttermbox\n",
    );
    const ini = parseIni(await readFile(join(folder, "trackers.ini"), "utf8"));
    expect(Object.keys(ini)).toEqual(["LoRAT-nano"]);
    const { command, ...rest } = ini["LoRAT-nano"]!;
    expect(rest).toEqual({
      label: "LoRAT nano",
      protocol: "trax",
      env_NODE_NO_WARNINGS: "1",
      timeout: "18000",
      socket: "1",
    });
    expect(splitCommand(command!)).toEqual([
      "/opt/my node",
      "/opt/it's.js",
      "vot",
      "trax",
      "--model",
      "nano",
    ]);
    expect((await readdir(folder)).sort()).toEqual(["config.yaml", "results", "sequences", "trackers.ini"]);
  });

  it("takes another stack, model, protocol and sequences of one's own", async () => {
    const folder = join(base, "own");
    const sequences = join(base, "some sequences");
    await mkdir(sequences);
    const options = {
      stack: "vots2025/main",
      model: "/models/100% b_224/",
      device: "cpu",
      protocol: "folder",
      sequences,
      program: ["lorat"],
    } as const;
    const { tracker } = await writeWorkspace(folder, options);
    expect(tracker).toMatch(/^[A-Za-z0-9-]+$/);
    expect(await readlink(join(folder, "sequences"))).toBe(sequences);
    const ini = parseIni(await readFile(join(folder, "trackers.ini"), "utf8"))[tracker]!;
    expect(ini.convert).toBe("rectangle");
    expect(ini.command).toBe("lorat vot folder --model '/models/100%% b_224/' --device cpu");
    await writeWorkspace(folder, { ...options, force: true });
    await expect(writeWorkspace(folder, { ...options, sequences: base, force: true })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
  });

  it("replaces nothing without being told to", async () => {
    const folder = join(base, "taken");
    await mkdir(folder);
    await writeFile(join(folder, "trackers.ini"), "mine");
    await expect(writeWorkspace(folder)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(await readdir(folder)).toEqual(["trackers.ini"]);
    await writeWorkspace(folder, { force: true, program: ["lorat"] });
    expect(await readFile(join(folder, "trackers.ini"), "utf8")).toContain("lorat vot trax");
  });

  it("refuses stacks and sequences that cannot be", async () => {
    await expect(writeWorkspace(join(base, "a"), { stack: "a: b" })).rejects.toMatchObject({
      code: "VOT_STACK",
    });
    await expect(writeWorkspace(join(base, "a"), { sequences: join(base, "none") })).rejects.toMatchObject({
      code: "INPUT_NOT_FOUND",
    });
    expect(await readdir(base)).not.toContain("a");
  });
});
