/**
 * Tracks in a page without blocking it: node examples/page/serve.mjs, then open the address that it prints. Drag a box around something.
 */
import { configureWasm, loadWorkerTracker } from "/node_modules/@lorat/core/dist/lorat.browser.js";
import { drawnBox, framesOf, showBox, status, video } from "./stage.js";

configureWasm({ baseUrl: "/node_modules/onnxruntime-web/dist/" });
const tracker = await loadWorkerTracker("nano", {
  onProgress: ({ status: step, file = "", progress = 0 }) =>
    status(`${step} ${file} ${progress.toFixed()} %`),
});
status(`Ready (${tracker.device}). Drag a box around an object.`);
const target = await tracker.start(video, await drawnBox());
for await (const frame of framesOf(video)) showBox(frame, await target.track(video));
