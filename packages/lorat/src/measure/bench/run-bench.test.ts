import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { benchCommand } from "../../cli/bench.ts";
import { runCommandLine } from "../../cli/program.ts";
import { benchResult } from "./result.ts";
import { runBench } from "./run-bench.ts";

/** The command line's status and what it printed. */
async function lorat(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const out = vi.spyOn(console, "log").mockReturnValue();
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const quiet = vi.spyOn(console, "error").mockReturnValue();
  try {
    const status = await runCommandLine(["bench", ...args], { bench: async () => benchCommand() });
    return { status, out: out.mock.calls.join("\n"), err: err.mock.calls.join("") };
  } finally {
    for (const spy of [out, err, quiet]) spy.mockRestore();
  }
}

describe("lorat bench", () => {
  it("measures, prints a table and writes a file that its schema takes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lorat-bench-test-"));
    try {
      const kinds = "network,end-to-end,crop,scoring";
      const { status, out, err } = await lorat(
        "--quick",
        "--kinds",
        kinds,
        "--threads",
        "1",
        "--out",
        `${folder}/`,
      );
      expect(err).not.toContain("error");
      expect(status).toBe(0);
      const [name] = await readdir(folder);
      expect(name).toMatch(/^bench-.*\.json$/);
      const result = benchResult.parse(JSON.parse(await readFile(join(folder, name!), "utf8")));
      expect([...new Set(result.measurements.map(({ kind }) => kind))]).toEqual(kinds.split(","));
      for (const { ms, cpuMs, best } of result.measurements) {
        expect(ms).toHaveLength(2);
        expect(Math.min(best, ...ms, ...cpuMs)).toBeGreaterThan(0);
      }
      expect(result.settings).toMatchObject({ rounds: 2, threads: 1, device: "cpu", precisions: ["fp32"] });
      const share = result.ratios.find(({ label }) => label.startsWith("share of the matrix product"))!;
      expect(share.rounds).toHaveLength(2);
      expect(out).toContain(result.machine.processor);
      expect(out).toContain("video to boxes, 1 target");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it("says which options are wrong", async () => {
    expect(await lorat("--kinds", "speed")).toMatchObject({
      status: 1,
      err: expect.stringContaining("BENCH_OPTION"),
    });
    expect((await lorat("--kinds", "speed")).err).toContain("end-to-end");
    expect((await lorat("--precisions", "int4")).err).toContain('"int4"');
    expect((await lorat("--variants", "B-225")).err).toContain("VARIANT_UNKNOWN");
    expect(await lorat("--batches", "1,zero")).toMatchObject({ status: 2 });
    expect(await lorat("--rounds", "0")).toMatchObject({ status: 2 });
    expect((await lorat("--clip", "clip.mp4")).err).toContain("--box");
    expect((await lorat("--clock", "sun")).status).toBe(2);
  });
});

describe("runBench", () => {
  it("checks numbers that no command line has read", async () => {
    await expect(runBench({ rounds: 0.5 })).rejects.toMatchObject({ code: "BENCH_OPTION" });
    await expect(runBench({ batches: [0] })).rejects.toMatchObject({ code: "BENCH_OPTION" });
    await expect(runBench({ threads: -1 })).rejects.toMatchObject({ code: "BENCH_OPTION" });
  });

  it("names a peer that was asked for and is not there", async () => {
    const peers = join(tmpdir(), "no-such-folder");
    const { notes } = await runBench({ kinds: ["network"], quick: true, rounds: 1, threads: 1, peers });
    expect(notes.join()).toMatch(/PyTorch: left out, there is no .*torch_lorat\.py/);
  }, 30_000);
});
