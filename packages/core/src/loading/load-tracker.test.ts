import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Session } from "@lorat/graph";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { LoadProgress } from "./load-options.ts";
import { loadTracker } from "./load-tracker.ts";
import type { ModelSource } from "./model-source.ts";

const nano = fileURLToPath(new URL("../../../../models/nano/", import.meta.url));
let json: Buffer<ArrayBuffer>;
let weights: Buffer<ArrayBuffer>;
beforeAll(async () => {
  json = Buffer.from(await readFile(join(nano, "model.json")));
  weights = Buffer.from(await readFile(join(nano, "weights.safetensors")));
});

const frame = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(90) };
frame.data.fill(200, 64 * 3 * 10, 64 * 3 * 22);

/** The box that a tracker finds, which it is then disposed of. */
async function boxOf(source: ModelSource, options = {}) {
  await using tracker = await loadTracker(source, { device: "cpu", threads: 1, ...options });
  using target = await tracker.start(frame, { x: 20, y: 10, width: 14, height: 12 });
  return (await target.track(frame)).box;
}

/** A server of one model folder, or of what a handler says. */
async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/nano`;
}

const files: RequestListener = ({ url }, response) => {
  const body = { "/models/nano/model.json": json, "/models/nano/weights.safetensors": weights }[url!];
  response.writeHead(body ? 200 : 404, { "content-length": body?.length ?? 0 }).end(body);
};

describe("loadTracker", () => {
  it("gives one tracker by name, folder, address and files, and lets go of all that it opened", async () => {
    const before = Session.open;
    const address = await serve(files);
    const blobs = [new File([json], "model.json"), new File([weights], "weights.safetensors")];
    const folder = {
      kind: "directory",
      name: "picked",
      getFileHandle: async (name: string) => ({
        getFile: async () => blobs.find((file) => file.name === name)!,
      }),
    } as const;
    const expected = await boxOf("nano");
    for (const source of [
      nano,
      new URL(`file:${nano}`),
      address,
      new URL(`${address}/model.json`),
      blobs,
      folder,
      { "model.json": json, "weights.safetensors": weights },
      { "model.json": json.toString(), "weights.safetensors": new Blob([weights]) },
      { "model.json": JSON.parse(json.toString()), "weights.safetensors": new Uint8Array(weights).buffer },
    ] satisfies ModelSource[]) {
      expect(await boxOf(source)).toEqual(expected);
    }
    expect(Session.open).toBe(before);
  });

  it("tells of every step as transformers.js does", async () => {
    const address = await serve(files);
    const events: LoadProgress[] = [];
    const tracker = await loadTracker(address, { device: "cpu", onProgress: (event) => events.push(event) });
    await tracker.dispose();
    const steps = events
      .filter(({ status }) => status !== "progress")
      .map((event) => ({ ...event, name: "" }));
    expect(steps).toEqual([
      ...["model.json", "weights.safetensors"].flatMap((file) =>
        ["initiate", "download", "done"].map((status) => ({ status, name: "", file })),
      ),
      { status: "ready", name: "" },
    ]);
    const last = events.findLast(({ status }) => status === "progress");
    expect(last).toMatchObject({
      file: "weights.safetensors",
      loaded: weights.length,
      total: weights.length,
      progress: 100,
    });
    expect(new Set(events.map(({ name }) => name))).toEqual(new Set([address]));
  });

  it("is cancelled at once: before, while it downloads, and while it makes its sessions", async () => {
    const before = Session.open;
    const cancelled = { code: "LOAD_CANCELLED", cause: "enough" };
    await expect(loadTracker("nano", { signal: AbortSignal.abort("enough") })).rejects.toMatchObject(
      cancelled,
    );

    let left = false;
    const address = await serve((request, response) => {
      if (request.url!.endsWith("model.json")) return void response.end(json);
      response.on("close", () => {
        left = true;
      });
      response.writeHead(200, { "content-length": weights.length }).write(weights.subarray(0, 1000));
    });
    const controller = new AbortController();
    const onProgress = ({ status }: LoadProgress) => {
      if (status === "progress" && controller.signal.aborted === false) {
        setTimeout(() => controller.abort("enough"), 20);
      }
    };
    const loading = loadTracker(address, { signal: controller.signal, onProgress });
    await expect(loading).rejects.toMatchObject(cancelled);
    await expect.poll(() => left).toBe(true);

    const late = new AbortController();
    const making = loadTracker("nano", {
      device: "cpu",
      signal: late.signal,
      createSession: async (...given) => {
        late.abort("enough");
        return Session.create(...given);
      },
    });
    await expect(making).rejects.toMatchObject(cancelled);
    await expect.poll(() => Session.open).toBe(before);
  });

  it.each([
    ["a name", "nanoo", "MODEL_UNKNOWN"],
    ["an empty name", "", "MODEL_UNKNOWN"],
    ["a number", 7, "MODEL_SOURCE"],
    ["nothing", undefined, "MODEL_SOURCE"],
    ["bytes alone", new Uint8Array(8), "MODEL_SOURCE"],
    ["an object of something else", { weights: 1 }, "MODEL_SOURCE"],
    ["no files", [], "MODEL_UNKNOWN"],
    ["files without weights", [new File(["{}"], "model.json")], "WEIGHTS_NOT_FOUND"],
    ["two manifests", [new File(["{}"], "model.json"), new File(["{}"], "model.json")], "MODEL_SOURCE"],
    ["weights without a manifest", { "weights.safetensors": new Blob([]) }, "MODEL_UNKNOWN"],
    ["a manifest without weights", { "model.json": {} }, "WEIGHTS_NOT_FOUND"],
    [
      "a manifest that is no JSON",
      { "model.json": "<html>", "weights.safetensors": new Blob() },
      "MODEL_JSON",
    ],
    ["an address that nobody serves", "http://127.0.0.1:9/model", "MODEL_FETCH"],
  ])("refuses %s", async (_, source, code) => {
    await expect(loadTracker(source as ModelSource)).rejects.toMatchObject({ code });
  });

  it("says which part a folder lacks", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lorat-part-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await expect(loadTracker(folder)).rejects.toMatchObject({ code: "MODEL_UNKNOWN" });
    await writeFile(join(folder, "model.json"), json);
    await expect(loadTracker(folder)).rejects.toMatchObject({
      code: "WEIGHTS_NOT_FOUND",
      message: expect.stringContaining("weights.safetensors"),
    });
  });

  it.each<[string, RequestListener, string]>([
    ["has no manifest", (_, response) => response.writeHead(404).end(), "MODEL_UNKNOWN"],
    [
      "has no weights",
      ({ url }, response) => (url!.endsWith("json") ? response.end(json) : response.writeHead(404).end()),
      "WEIGHTS_NOT_FOUND",
    ],
    [
      "gives a web page for everything",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello</h1>"),
      "MODEL_UNKNOWN",
    ],
    ["wants a login", (_, response) => response.writeHead(403).end(), "MODEL_FETCH"],
    ["fails", (_, response) => response.writeHead(503).end(), "MODEL_FETCH"],
    [
      "breaks off within the weights",
      ({ url }, response) => {
        if (url!.endsWith("json")) return void response.end(json);
        response.writeHead(200, { "content-length": weights.length });
        response.write(weights.subarray(0, 100_000), () => response.destroy());
      },
      "WEIGHTS_TRUNCATED",
    ],
    ["gives rubbish", (_, response) => response.end("rubbish"), "MODEL_JSON"],
  ])("says so of an address that %s", async (_, handler, code) => {
    await expect(loadTracker(await serve(handler))).rejects.toMatchObject({ code });
  });
});
