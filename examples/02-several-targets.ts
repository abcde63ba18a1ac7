/**
 * Follows several objects of one video as one batch: node scripts/run.mjs examples/02-several-targets.ts VIDEO BOX BOX …
 */
import { loadTracker, openFrames, type Target } from "lorat";

const [video, ...boxes] = process.argv.slice(2);
if (!video || boxes.length === 0) throw new Error("usage: 02-several-targets.ts VIDEO x,y,width,height …");

const tracker = await loadTracker("nano");
const targets: Target[] = [];
for await (const frame of (await openFrames(video)).frames()) {
  if (targets.length === 0) {
    for (const text of boxes) {
      const [x, y, width, height] = text.split(",").map(Number) as [number, number, number, number];
      targets.push(await tracker.start(frame, { x, y, width, height }));
    }
    continue;
  }
  const results = await tracker.trackAll(frame, targets);
  console.log(frame.index, results.map(({ score, state }) => `${state} ${score.toFixed(2)}`).join("  "));
}
await tracker.dispose();
