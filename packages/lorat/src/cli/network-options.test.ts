import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { describe, expect, it, vi } from "vitest";
import { evalCommand } from "./eval.ts";
import { profileCommand } from "./profile.ts";
import { runCommandLine } from "./program.ts";
import { trackCommand } from "./track.ts";
import { votCommand } from "./vot.ts";

const commands: Readonly<Record<string, () => Promise<CommandUnknownOpts>>> = {
  track: async () => trackCommand(),
  eval: async () => evalCommand(),
  profile: async () => profileCommand(),
  vot: async () => votCommand(),
};

async function run(...args: string[]): Promise<{ status: number; text: string }> {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const status = await runCommandLine(args, commands);
    return { status, text: write.mock.calls.join("") };
  } finally {
    write.mockRestore();
  }
}

const usual: readonly (readonly string[])[] = [
  ["track", "none.mp4", "--box", "1,2,3,4"],
  ["eval", "--dataset", "folder:none", "--out", "none"],
  ["profile", "--variants", "nano"],
  ["vot", "trax"],
];

describe("--precision", () => {
  it.each(usual)("is an option of lorat %s, with names of its own", async (...args) => {
    const { status, text } = await run(...args, "--precision", "int4");
    expect(status).toBe(2);
    expect(text).toMatch(/'int4' is invalid.*fp32, fp16, int8/);
  });

  it("that the device lacks is refused, with the nearest", async () => {
    const { status, text } = await run(
      "profile",
      "--variants",
      "nano",
      "--device",
      "cpu",
      "--precision",
      "fp16",
    );
    expect(status).toBe(1);
    expect(text).toMatch(/PRECISION_UNAVAILABLE.*"cpu".*fp16\n.*nearest.*fp32/);
  });

  it("is not for training, nor for trackers that are no models", async () => {
    const training = await run("profile", "--training", "--precision", "int8");
    const command = await run(
      "eval",
      "--dataset",
      "x:y",
      "--out",
      "z",
      "--tracker",
      "./t",
      "--precision",
      "int8",
    );
    for (const { status, text } of [training, command]) {
      expect(status).toBe(2);
      expect(text).toContain("--precision");
    }
  });
});
