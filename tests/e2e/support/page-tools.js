/** What the page of page.test.ts runs; the test calls `tools`. */

import * as lorat from "/node_modules/@lorat/core/dist/lorat.browser.js";
import { VideoSample } from "/node_modules/mediabunny/dist/bundles/mediabunny.mjs";

lorat.configureWasm({ baseUrl: "/node_modules/onnxruntime-web/dist/" });

const size = { width: 160, height: 120 };
const box = { x: 50, y: 40, width: 30, height: 30 };

/** A bright square on a dark ground, with its left side at `left`. */
function canvasAt(left) {
  const canvas = Object.assign(document.createElement("canvas"), size);
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(60 60 60)";
  context.fillRect(0, 0, size.width, size.height);
  context.fillStyle = "rgb(220 180 40)";
  context.fillRect(left, 40, 30, 30);
  return canvas;
}

const dataOf = (canvas) => canvas.getContext("2d").getImageData(0, 0, size.width, size.height);

/** Every kind of a canvas' picture, with its name. */
const kinds = {
  canvas: (canvas) => canvas,
  ImageData: dataOf,
  bytes: (canvas) => ({ ...size, data: new Uint8Array(dataOf(canvas).data) }),
  sharp: (canvas) => ({ data: new Uint8Array(dataOf(canvas).data), info: { ...size, channels: 4 } }),
  ImageBitmap: (canvas) => createImageBitmap(canvas),
  OffscreenCanvas(canvas) {
    const copy = new OffscreenCanvas(size.width, size.height);
    copy.getContext("2d").drawImage(canvas, 0, 0);
    return copy;
  },
  VideoFrame: (canvas) => new VideoFrame(canvas, { timestamp: 0 }),
  VideoSample: (canvas) => new VideoSample(canvas, { timestamp: 0 }),
  async HTMLImageElement(canvas) {
    const image = new Image();
    image.src = canvas.toDataURL();
    await image.decode();
    return image;
  },
};

const codeOf = (promise) =>
  promise.then(
    () => "none",
    ({ code, message }) => code ?? message,
  );

globalThis.tools = {
  lorat,
  /** The pictures of the two frames, RGBA. */
  pixels: () => [50, 54].map((left) => [...dataOf(canvasAt(left)).data]),

  async boxesByKind(load) {
    const tracker = await load("nano", { device: "wasm" });
    const boxes = {};
    for (const [name, of] of Object.entries(kinds)) {
      const [first, second] = [await of(canvasAt(50)), await of(canvasAt(54))];
      const target = await tracker.start(first, box);
      boxes[name] = (await target.track(second)).box;
      target.dispose();
      // They stay the caller's.
      for (const picture of [first, second]) picture.close?.();
    }
    await tracker.dispose();
    return boxes;
  },

  async codesOfBadPictures(elsewhere) {
    const tracker = await lorat.loadWorkerTracker("nano", { device: "wasm" });
    const closed = new VideoFrame(canvasAt(50), { timestamp: 0 });
    closed.close();
    const image = new Image();
    image.src = `${elsewhere}picture.png`;
    await image.decode();
    const given = {
      text: "clip.mp4",
      blob: new Blob([]),
      "video without a picture": document.createElement("video"),
      "closed VideoFrame": closed,
      "image of another site": image,
    };
    const codes = {};
    for (const [name, picture] of Object.entries(given))
      codes[name] = await codeOf(tracker.start(picture, box));
    await tracker.dispose();
    return codes;
  },

  async ticksWhileTracking() {
    const tracker = await lorat.loadWorkerTracker("nano", { device: "wasm" });
    const target = await tracker.start(canvasAt(50), box);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const began = performance.now();
    for (const left of [52, 54, 56]) await target.track(canvasAt(left));
    clearInterval(timer);
    await tracker.dispose();
    return { ticks, milliseconds: performance.now() - began };
  },

  async stepsOfTwoLoads() {
    await caches.delete("lorat-models");
    const load = async () => {
      const steps = [];
      const onProgress = ({ status, file }) => {
        if (file === "weights.safetensors" && status !== "progress") steps.push(status);
      };
      const address = "/packages/core/dist/models/nano/";
      await (await lorat.loadTracker(address, { device: "wasm", onProgress })).dispose();
      return steps;
    };
    return { first: await load(), second: await load(), kept: await keptPaths() };
  },

  async cancelled(elsewhere) {
    await caches.delete("lorat-models");
    const codes = [];
    for (const load of [lorat.loadTracker, lorat.loadWorkerTracker]) {
      const controller = new AbortController();
      const onProgress = ({ status }) => status === "progress" && controller.abort();
      codes.push(await codeOf(load(elsewhere, { signal: controller.signal, onProgress })));
    }
    return { codes, kept: await keptPaths() };
  },
};

async function keptPaths() {
  const cache = await caches.open("lorat-models");
  return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}
