import { configureWasm } from "@lorat/graph/web";
import { loadTracker } from "../loading/load-tracker.ts";
import type { Target, Tracker } from "../tracking/types.ts";
import { type CallName, type Calls, type Request, type Response, sentError } from "./messages.ts";

/** The part of a worker's global scope that is used. */
interface Scope {
  postMessage(message: Response): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

type Answers = { [N in CallName]: (asked: Calls[N]["asked"]) => Promise<Calls[N]["answer"]> };

/** Answers the calls of {@link loadWorkerTracker}; one tracker a worker. */
export function serveTracker(scope: Scope): void {
  const cancelled = new AbortController();
  const targets = new Map<number, Target>();
  let tracker: Tracker;
  let started = 0;
  const answers: Answers = {
    async load({ source, options, wasm }) {
      configureWasm(wasm);
      const onProgress = (progress: Extract<Response, { progress: unknown }>["progress"]) =>
        scope.postMessage({ progress });
      tracker = await loadTracker(source, { ...options, signal: cancelled.signal, onProgress });
      return { device: tracker.device };
    },
    async start({ frame, box }) {
      targets.set(++started, await tracker.start(frame, box));
      return started;
    },
    track: ({ frame, targets: numbers }) =>
      tracker.trackAll(
        frame,
        numbers.map((number) => targets.get(number)!),
      ),
    async release({ target }) {
      targets.get(target)?.dispose();
      targets.delete(target);
      return undefined;
    },
    async cancel() {
      cancelled.abort();
      return undefined;
    },
  };
  scope.onmessage = async ({ data }) => {
    const { id, call, asked } = data as Request;
    try {
      const answer = await (answers[call] as (asked: unknown) => Promise<Calls[CallName]["answer"]>)(asked);
      scope.postMessage({ id, answer });
    } catch (error) {
      scope.postMessage({ id, error: sentError(error) });
    } finally {
      // Bitmaps and video frames were sent over for this call alone.
      if (asked && "frame" in asked && "close" in asked.frame) asked.frame.close();
    }
  };
}
