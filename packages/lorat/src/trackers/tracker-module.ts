import type { Box, Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { importUserModule } from "../files/user-module.ts";
import type { AnyTracker, Estimate } from "./follow.ts";

/**
 * What a module with a tracker exports, by name or as its default export; the default export may also be a function that gives
 * it, called anew for each sequence.
 *
 * @example
 * let last;
 * export function init(frame, box) { last = box; }
 * export function update(frame) { return last; }
 */
interface TrackerModule {
  /** Starts on a frame (RGB bytes, row by row) with a box in pixels. */
  init(frame: Frame, box: Box): unknown;
  /** The box in the next frame, with a confidence where there is one. */
  update(frame: Frame): ModuleAnswer | Promise<ModuleAnswer>;
  /** Called after the last frame of a sequence. */
  finish?(): unknown;
}

/** A box, or a box with a score. */
type ModuleAnswer = Box | { readonly box: Box; readonly score?: number };

/** A tracker out of a module. Throws `TRACKER_MODULE` where it has no `init` and `update`, or answers with no box. */
export async function openTrackerModule(path: string): Promise<AnyTracker<Frame>> {
  const module = await importUserModule(path, "TRACKER_MODULE");
  const make = madeBy(module, path);
  return {
    async start(frame, box) {
      const tracker = await make();
      await called(path, "init", () => tracker.init(frame, box));
      return {
        track: async (next) => estimate(await called(path, "update", () => tracker.update(next)), path),
        dispose: async () => void (await called(path, "finish", () => tracker.finish?.())),
      };
    },
  };
}

function madeBy(module: Record<string, unknown>, path: string): () => Promise<TrackerModule> {
  if (isTracker(module)) return async () => module;
  const given = module.default;
  if (isTracker(given)) return async () => given;
  if (typeof given === "function") {
    return async () => {
      const made: unknown = await given();
      if (isTracker(made)) return made;
      throw notATracker(path, "its default export gives none either");
    };
  }
  throw notATracker(path, `it exports ${Object.keys(module).join(", ") || "nothing"}`);
}

function isTracker(value: unknown): value is TrackerModule {
  const { init, update } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof init === "function" && typeof update === "function";
}

function notATracker(path: string, found: string): LoratError {
  return new LoratError("TRACKER_MODULE", `${path} exports no tracker: expected init and update, ${found}`, {
    hint: "write: export function init(frame, box) { … } and export function update(frame) { return box; }",
  });
}

/** What a function of the module gives; its errors are the module's fault. */
async function called<T>(path: string, name: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("TRACKER_MODULE", `${path}: ${name} failed: ${reason}`, { cause });
  }
}

function estimate(answer: ModuleAnswer, path: string): Estimate {
  const { box, score } = "box" in Object(answer) ? (answer as Estimate) : { box: answer as Box };
  const { x, y, width, height } = (box ?? {}) as Partial<Box>;
  if (![x, y, width, height].every((value) => typeof value === "number")) {
    const found = JSON.stringify(answer)?.slice(0, 80);
    throw new LoratError(
      "TRACKER_MODULE",
      `${path}: update has to give { x, y, width, height }, or { box, score }; it gave ${found}`,
    );
  }
  return { box: box!, score: typeof score === "number" ? score : undefined };
}
