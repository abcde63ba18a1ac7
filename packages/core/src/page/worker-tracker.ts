import { asyncDisposeSymbol, type ConcreteDevice, disposeSymbol, LoratError } from "@lorat/graph";
import { wasmOptions } from "@lorat/graph/web";
import { unreadable } from "../frames/draw.ts";
import type { Drawable, FrameInput } from "../frames/frame-input.ts";
import type { Box } from "../geometry/box.ts";
import { throwIfCancelled } from "../loading/cancel.ts";
import type { LoadProgress } from "../loading/load-options.ts";
import type { LoadTrackerOptions } from "../loading/load-tracker.ts";
import type { ModelSource } from "../loading/model-source.ts";
import { bundledModels } from "../loading/place.ts";
import type { Model } from "../tracking/network.ts";
import type { Target, Tracker, TrackResult } from "../tracking/types.ts";
import { type CallName, type Calls, type Response, receivedError } from "./messages.ts";
import { sendable } from "./sendable.ts";

/** How a tracker is loaded into a worker: as `loadTracker` does, but for what cannot leave the page. */
export interface WorkerTrackerOptions extends Omit<LoadTrackerOptions, "createSession" | "cacheFolder"> {
  /** Starts the worker; default: the package's own file `dist/page/worker.js`, in a way that bundlers see. */
  readonly createWorker?: () => Worker;
}

/**
 * `loadTracker` in a worker of its own, for pages: downloading, compiling and tracking never hold up the page. Pictures of every kind are
 * copied when a call is made and handed over; they stay the caller's. `dispose` ends the worker. Throws what `loadTracker`
 * throws, and `WORKER_FAILED` where the worker cannot be started or breaks down.
 *
 * @example
 * const tracker = await loadWorkerTracker("/models/nano/");
 * const target = await tracker.start(video, { x: 100, y: 60, width: 40, height: 80 });
 * const { box } = await target.track(video);
 */
export async function loadWorkerTracker(
  source: ModelSource | Model,
  { signal, onProgress, createWorker = ownWorker, ...options }: WorkerTrackerOptions = {},
): Promise<Tracker> {
  throwIfCancelled(signal);
  const line = new WorkerLine(createWorker(), onProgress);
  const onAbort = () => void line.call("cancel", undefined).catch(() => undefined);
  signal?.addEventListener("abort", onAbort);
  try {
    const wasm = wasmOptions();
    const { device } = await line.call("load", { source: sent(source), options, wasm });
    throwIfCancelled(signal);
    return new WorkerTracker(line, device);
  } catch (error) {
    line.end("loading the tracker failed");
    throwIfCancelled(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function ownWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

/** A source as it crosses to a worker, whose relative addresses would be another's. */
function sent(source: ModelSource | Model): ModelSource | Model {
  if (source instanceof URL) return source.href;
  if (typeof source === "string") {
    return bundledModels.includes(source) ? source : new URL(source, document.baseURI).href;
  }
  return Symbol.iterator in source ? [...source] : source;
}

class WorkerTracker implements Tracker {
  readonly device: ConcreteDevice | undefined;
  readonly #line: WorkerLine;
  readonly #numbers = new WeakMap<Target, number>();

  constructor(line: WorkerLine, device: ConcreteDevice | undefined) {
    this.#line = line;
    this.device = device;
  }

  async start(picture: FrameInput, box: Box): Promise<Target> {
    const { frame, transfer } = await sendable(picture);
    const number = await this.#line.call("start", { frame, box: { ...box } }, transfer);
    const target: Target = {
      track: async (next) => (await this.trackAll(next, [target]))[0]!,
      dispose: () => {
        this.#numbers.delete(target);
        void this.#line.call("release", { target: number }).catch(() => undefined);
      },
      [disposeSymbol]: () => target.dispose(),
    };
    this.#numbers.set(target, number);
    return target;
  }

  async trackAll(picture: FrameInput, targets: readonly Target[]): Promise<TrackResult[]> {
    const numbers = targets.map((target) => {
      const number = this.#numbers.get(target);
      if (number !== undefined) return number;
      throw new LoratError("TARGET_DISPOSED", "the target was disposed, or is another tracker's");
    });
    const { frame, transfer } = await sendable(picture);
    return [...(await this.#line.call("track", { frame, targets: numbers }, transfer))];
  }

  async dispose(): Promise<void> {
    this.#line.end("the tracker was disposed", "TRACKER_DISPOSED");
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }
}

interface Waiting {
  resolve(answer: Calls[CallName]["answer"]): void;
  reject(error: LoratError): void;
}

/** Calls to a worker and its answers. */
class WorkerLine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: LoratError | undefined;

  constructor(worker: Worker, onProgress: ((event: LoadProgress) => void) | undefined) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Response>) => {
      if ("progress" in data) return onProgress?.(data.progress);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(receivedError(data.error));
      else waiting?.resolve(data.answer);
    };
    worker.onerror = ({ message }) => {
      this.end(message ? `the worker failed: ${message}` : "the worker could not be started");
    };
  }

  call<N extends CallName>(
    call: N,
    asked: Calls[N]["asked"],
    transfer: Transferable[] = [],
  ): Promise<Calls[N]["answer"]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      try {
        this.#worker.postMessage({ id, call, asked }, transfer);
        this.#waiting.set(id, { resolve, reject });
      } catch (cause) {
        // A picture of another site may be shown here and leave the page nowhere.
        const picture = transfer[0] as unknown as Drawable | undefined;
        reject(picture ? unreadable(picture, cause) : cause);
      }
    });
  }

  /** Ends the worker; calls that wait, and all later ones, are rejected with the code. */
  end(message: string, code = "WORKER_FAILED"): void {
    if (this.#ended) return;
    this.#worker.terminate();
    this.#ended = new LoratError(code, message, {
      hint:
        code === "WORKER_FAILED"
          ? "See the page's console; the worker's file must lie where createWorker looks for it."
          : undefined,
    });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
