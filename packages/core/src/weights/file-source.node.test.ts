import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSource } from "./file-source.node.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-file-source-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("fileSource", () => {
  it("reads ranges into memory of their own", async () => {
    const path = join(folder, "a");
    await writeFile(path, Uint8Array.of(1, 2, 3, 4, 5));
    const source = await fileSource(path);
    expect(source.size).toBe(5);
    const bytes = await source.read(1, 3);
    expect([...bytes]).toEqual([2, 3, 4]);
    expect(bytes.byteOffset).toBe(0);
    expect((await source.read(5, 0)).byteLength).toBe(0);
    await expect(source.read(3, 3)).rejects.toMatchObject({ code: "WEIGHTS_TRUNCATED" });
    await source.dispose();
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: "WEIGHTS_UNREADABLE" });
  });

  it("notices a file that shrinks while it is read", async () => {
    const path = join(folder, "b");
    await writeFile(path, new Uint8Array(100));
    const source = await fileSource(path);
    await truncate(path, 10);
    await expect(source.read(0, 100)).rejects.toMatchObject({ code: "WEIGHTS_TRUNCATED" });
    await source.dispose();
  });

  it("reads beyond 4 GB", async () => {
    const path = join(folder, "sparse");
    await writeFile(path, "");
    await truncate(path, 5 * 2 ** 30);
    const source = await fileSource(path);
    expect(await source.read(5 * 2 ** 30 - 4, 4)).toEqual(new Uint8Array(4));
    await source.dispose();
  });

  it("refuses what is no file", async () => {
    await expect(fileSource(join(folder, "none"))).rejects.toMatchObject({ code: "WEIGHTS_NOT_FOUND" });
    await expect(fileSource(folder)).rejects.toMatchObject({ code: "WEIGHTS_NOT_A_FILE" });
  });
});
