import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { gigabytes, peakMemory, requireDisk, requireMemory } from "./memory.ts";

describe("peakMemory", () => {
  it("grows with what was touched and does not shrink", () => {
    const before = peakMemory();
    const size = Math.max(before - process.memoryUsage.rss(), 0) + 2 ** 26;
    const block = Buffer.alloc(size, 1);
    const after = peakMemory();
    expect(after - before).toBeGreaterThan(2 ** 25);
    expect(block.at(-1)).toBe(1);
    expect(peakMemory()).toBeGreaterThanOrEqual(after);
  });
});

describe("requirements", () => {
  it("say what is needed and what is there", () => {
    expect(() => requireMemory("B-224", 3e9, 2e9)).toThrow(
      expect.objectContaining({
        code: "PROFILE_MEMORY",
        message: "B-224 takes at least 3.00 GB of memory, 2.00 GB are free",
      }),
    );
    expect(() => requireMemory("B-224", 2e9, 2e9)).not.toThrow();
  });

  it("look at the disk of the folder", async () => {
    await expect(requireDisk(tmpdir(), "B-224", 1e18)).rejects.toMatchObject({ code: "PROFILE_DISK" });
    await expect(requireDisk(tmpdir(), "B-224", 1)).resolves.toBeUndefined();
  });

  it("write thousand million bytes", () => {
    expect(gigabytes(2_412_000_000)).toBe("2.41 GB");
  });
});
