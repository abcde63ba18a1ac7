import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BAD_INPUTS, badInputsTable } from "./support/bad-inputs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lorat = join(root, "packages/lorat/bin/lorat.js");
const video = join(root, "packages/lorat/src/testing/videos/mpeg4.mp4");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-bad-"));
  const picture = (width: number, height: number, background = "#000") =>
    sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer();
  const noise = (width: number, height: number) =>
    sharp(Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * i * 7) % 251)), {
      raw: { width, height, channels: 3 },
    })
      .jpeg()
      .toBuffer();
  await writeFile(join(folder, "empty.mp4"), "");
  await writeFile(join(folder, "text.mp4"), "no video\n".repeat(50));
  await writeFile(join(folder, "text.mkv"), "no video\n".repeat(50));
  const folders = {
    cut: { "1.jpg": (await noise(64, 48)).subarray(0, 1500) },
    bomb: { "1.png": bomb() },
    sizes: { "1.jpg": await picture(64, 48), "2.jpg": await picture(48, 64) },
    gap: { "1.jpg": await picture(64, 48), "2.jpg": await picture(64, 48), "5.jpg": await picture(64, 48) },
    black: { "1.jpg": await picture(64, 48), "2.jpg": await picture(64, 48), "3.jpg": await picture(64, 48) },
  };
  for (const [name, files] of Object.entries(folders)) {
    await mkdir(join(folder, name));
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, name, file), bytes);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("sixty bad inputs", () => {
  it("are all there, in the page too", () => {
    expect(BAD_INPUTS.map(({ n }) => n)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(readFileSync(join(root, "docs/reliability.md"), "utf8")).toContain(badInputsTable());
  });

  it.each(BAD_INPUTS.filter(({ held }) => held))("$n: $input, by a test beside the code", ({ held }) => {
    const [file, text] = held!;
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), "utf8"), file).toContain(text);
  });

  it.each(BAD_INPUTS.filter(({ run }) => run))("$n: $input", ({ run, code, status }) => {
    const args = run!.replaceAll("VIDEO", video).replaceAll("DIR", folder).split(" ");
    const found = spawnSync(process.execPath, [lorat, ...args], { encoding: "utf8", timeout: 60_000 });
    expect(found.status, found.stderr).toBe(status);
    const reported = /error\[(\w+)\]/.exec(found.stderr)?.[1];
    if (status === 0) expect(found.stdout.trim().split("\n").length).toBeGreaterThan(1);
    else expect(code).toContain(reported);
    expect(found.stderr).not.toContain("    at ");
  });
});

/** A PNG of a few bytes that says that it has 60,000 x 60,000 pixels. */
function bomb(): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13);
  header.write("IHDR", 4, "latin1");
  header.writeUInt32BE(60_000, 8);
  header.writeUInt32BE(60_000, 12);
  header.set([8, 2, 0, 0, 0], 16);
  const table = (byte: number) => {
    let c = byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  };
  let crc = 0xffffffff;
  for (const byte of header.subarray(4, 21)) crc = (table((crc ^ byte) & 255) ^ (crc >>> 8)) >>> 0;
  header.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 21);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), header]);
}
