import { describe, expect, it, vi } from "vitest";
import { profileCommand } from "./profile.ts";
import { runCommandLine } from "./program.ts";

async function run(...args: string[]): Promise<{ status: number; text: string }> {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const status = await runCommandLine(["profile", ...args], { profile: async () => profileCommand() });
    return { status, text: write.mock.calls.join("") };
  } finally {
    write.mockRestore();
  }
}

describe("lorat profile", () => {
  it("names the variants when one does not exist", async () => {
    const { status, text } = await run("--variants", "nano,B-225");
    expect(status).toBe(2);
    expect(text).toContain('there is no variant "B-225"');
    expect(text).toContain("g-378");
  });

  it("keeps the options of training apart", async () => {
    const { status, text } = await run("--variants", "nano", "--batch", "4");
    expect(status).toBe(2);
    expect(text).toContain("--training");
  });

  it("takes whole numbers alone", async () => {
    expect((await run("--variants", "nano", "--rounds", "0")).status).toBe(2);
    expect((await run("--variants", "nano", "--training", "--steps", "1.5")).status).toBe(2);
  });
});
