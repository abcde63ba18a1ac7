import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const lorat = new URL("../../packages/lorat/dist/", import.meta.url);

/** Ends loaders in the middle of their work, when nothing else keeps the process alive. */
const script = `
import { createLoader } from "${new URL("sampling/loader.js", lorat)}";
import { fromScratchMix } from "${new URL("sampling/mix.js", lorat)}";
const geometry = { patchSize: 8, templateSizePx: 32, templateGrid: 4, searchSizePx: 64, searchGrid: 8, templateAreaFactor: 2, searchAreaFactor: 4 };
const data = { kind: "mix", roots: {}, mix: fromScratchMix };
for (let i = 0; i < 6; i++) {
  const loader = createLoader({ geometry, data, batchSize: 1, seed: i, workers: 1, prefetch: 8 });
  await loader.next();
  // Batches are finished meanwhile, and told of while the thread is being ended.
  for (const until = performance.now() + 150; performance.now() < until; );
  await loader.dispose();
}
console.log("all ended");
`;

it("lets go of its threads without taking the process down", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lorat-loader-ends-"));
  try {
    const file = join(folder, "ends.mjs");
    await writeFile(file, script);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout.trim()).toBe("all ended");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
