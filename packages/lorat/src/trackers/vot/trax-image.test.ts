import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeTraxImage, imageAsData, imagePath } from "./trax-image.ts";

let folder: string;
let png: string;
const pixels = Uint8Array.from([10, 20, 30, 200, 100, 50]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-trax-"));
  png = join(folder, "a b=c.png");
  await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toFile(png);
  await writeFile(join(folder, "broken.jpg"), "not a picture");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("images of TraX", () => {
  it("takes paths and file addresses", async () => {
    for (const text of [png, `file://${png}`, `file:${png}`]) {
      expect(imagePath(text)).toBe(png);
      const frame = await decodeTraxImage(text, 3);
      expect(frame).toMatchObject({ width: 2, height: 1, channels: 3, index: 3 });
      expect([...frame.data]).toEqual([...pixels]);
    }
  });

  it("takes files as data, with and without the word base64", async () => {
    const text = await imageAsData(png);
    expect(text).toMatch(/^data:image\/png;iVBOR/);
    for (const form of [text, text.replace("png;", "png;base64,"), text.replace("png;", "png;base64;")]) {
      expect([...(await decodeTraxImage(form, 0)).data]).toEqual([...pixels]);
    }
    await expect(imageAsData(join(folder, "a.gif"))).rejects.toMatchObject({ code: "TRAX_IMAGE" });
  });

  it("takes raw pixels", async () => {
    const base64 = (values: number[]) => Buffer.from(values).toString("base64");
    const rgb = await decodeTraxImage(`image:2;1;rgb;${base64([...pixels])}`, 0);
    expect([...rgb.data]).toEqual([...pixels]);
    const grey = await decodeTraxImage(`image:2;1;gray8;${base64([7, 9])}`, 0);
    expect([...grey.data]).toEqual([7, 7, 7, 9, 9, 9]);
    const deep = await decodeTraxImage(`image:1;1;gray16;${base64([1, 200])}`, 0);
    expect([...deep.data]).toEqual([200, 200, 200]);
  });

  it("names what is wrong with the others", async () => {
    const wrong: [string, string][] = [
      ["http://example.com/1.jpg", "TRAX_IMAGE"],
      ["image:2;1;cmyk;AAAA", "TRAX_IMAGE"],
      ["image:2;2;rgb;AAAA", "TRAX_IMAGE"],
      ["data:image/gif;AAAA", "TRAX_IMAGE"],
      ["data:image/png;AAAA", "IMAGE_DECODE_FAILED"],
      [join(folder, "broken.jpg"), "IMAGE_DECODE_FAILED"],
      [join(folder, "none.jpg"), "IMAGE_DECODE_FAILED"],
    ];
    for (const [text, code] of wrong) {
      await expect(decodeTraxImage(text, 0), text).rejects.toMatchObject({ code });
    }
  });
});
