import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { openPage } from "./chromium.ts";

type Numbers = readonly [number, number, number, number];

/** The clip's frames a second. */
const FPS = 30;

/** Starts examples/page/serve.mjs in a folder that holds `examples` and `node_modules`. */
export async function serveExample(root: string): Promise<{ server: ChildProcess; address: string }> {
  const server = spawn(process.execPath, ["examples/page/serve.mjs", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout!, "data");
  return { server, address: String(line).trim() };
}

/**
 * Opens examples/page of a folder in Chromium as it stands, draws the clip's first box by hand, plays to the end, and expects the boxes
 * that the page shows to lie on the object, with nothing wrong on the console.
 */
export async function expectExampleTracks(root: string): Promise<void> {
  const { server, address } = await serveExample(root);
  const text = await readFile(join(root, "examples", "clip", "groundtruth.txt"), "utf8");
  const truth = text
    .trim()
    .split("\n")
    .map((row) => row.split(",").map(Number) as unknown as Numbers);
  const { page, messages, close } = await openPage(address);
  try {
    const status = page.locator("[role=status]");
    await expect.poll(() => status.textContent(), { timeout: 120_000 }).toMatch(/^Ready \(wasm\)/);
    const stage = (await page.locator("canvas").boundingBox())!;
    const width = Number(await page.evaluate("document.querySelector('video').videoWidth"));
    const scale = stage.width / width;
    const [x, y, w, h] = truth[0]!;
    await page.mouse.move(stage.x + x * scale, stage.y + y * scale);
    await page.mouse.down();
    await page.mouse.move(stage.x + (x + w / 2) * scale, stage.y + (y + h / 2) * scale);
    await page.mouse.move(stage.x + (x + w) * scale, stage.y + (y + h) * scale);
    await page.mouse.up();
    const seen = new Map<number, Numbers>();
    const isOver = async () => {
      const found = /^([\d.]+) s: \w+, [\d.]+, (.*)$/.exec((await status.textContent()) ?? "");
      if (found) {
        const box = found[2]!.split(", ").map(Number) as unknown as Numbers;
        seen.set(Math.round(Number(found[1]) * FPS), box);
      }
      return page.evaluate("document.querySelector('video').ended");
    };
    await expect.poll(isOver, { timeout: 120_000, interval: 40 }).toBe(true);
    expect(seen.size).toBeGreaterThan(3);
    // The picture may be one further than its time.
    const overlaps = [...seen].map(([frame, box]) =>
      Math.max(...[-1, 0, 1, 2].map((step) => overlap(box, truth[frame + step] ?? truth[0]!))),
    );
    expect(overlaps.reduce((sum, value) => sum + value, 0) / overlaps.length).toBeGreaterThan(0.5);
    expect(messages.filter((message) => /^(error|uncaught)/.test(message))).toEqual([]);
  } finally {
    await close();
    server.kill();
  }
}

function overlap([x, y, w, h]: Numbers, [X, Y, W, H]: Numbers): number {
  const across = Math.max(0, Math.min(x + w, X + W) - Math.max(x, X));
  const down = Math.max(0, Math.min(y + h, Y + H) - Math.max(y, Y));
  return (across * down) / (w * h + W * H - across * down);
}
