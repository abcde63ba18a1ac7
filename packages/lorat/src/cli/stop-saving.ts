import { EXIT } from "./errors.ts";

/** Signals turned into a request to save and stop. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Status to exit with after the stop. */
  status(): number;
  /** Lets the signals end the process again. */
  release(): void;
}

/**
 * Asks for a stop at the first SIGINT, SIGTERM or SIGHUP. Further ones only say that the work is still being saved: what they
 * would lose took long to make.
 */
export function listenForStop(say: (line: string) => void): Stop {
  const controller = new AbortController();
  const statuses: Readonly<Record<string, number>> = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 };
  let status: number = EXIT.ok;
  const onSignal = (name: string) => {
    if (controller.signal.aborted) {
      say("still finishing the step and saving; the checkpoints before this one stay whatever happens");
      return;
    }
    status = statuses[name]!;
    say("stopping: the step in flight is finished and saved");
    controller.abort();
  };
  for (const name of Object.keys(statuses)) process.on(name, onSignal);
  return {
    signal: controller.signal,
    status: () => status,
    release: () => {
      for (const name of Object.keys(statuses)) process.off(name, onSignal);
    },
  };
}
