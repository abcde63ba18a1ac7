import { launchedAs } from "../mpi/launcher.ts";
import { EXIT } from "./errors.ts";

/**
 * Asks for a stop at the first SIGINT, SIGTERM or SIGHUP. Further ones only say that the work is still being saved: what they
 * would lose took long to make.
 */
export function listenForStop(say: (line: string) => void): Interruption {
  return listenForInterrupt({
    onFirst: () => say("stopping: the step in flight is finished and saved"),
    onAgain: () =>
      say("still finishing the step and saving; the checkpoints before this one stay whatever happens"),
  });
}

/** Ctrl-C and its like, turned into a request to finish. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Status to exit with after an interrupted run. */
  status(): number;
  /** Lets the signals end the process again. */
  release(): void;
}

/** What signals do besides. */
interface InterruptActions {
  readonly onFirst?: () => void;
  /** In place of ending the process at once. */
  readonly onAgain?: () => void;
}

/** Asks for an orderly end at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once, unless told otherwise. */
export function listenForInterrupt({ onFirst, onAgain }: InterruptActions = {}): Interruption {
  const controller = new AbortController();
  const statuses: Readonly<Record<string, number>> = {
    ...{ SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 },
    // What mpirun passes on to its ranks without ending them.
    ...(launchedAs() && { SIGUSR2: EXIT.interrupted }),
  };
  let status: number = EXIT.ok;
  const onSignal = (name: string) => {
    if (controller.signal.aborted) {
      if (!onAgain) process.exit(statuses[name]);
      onAgain();
      return;
    }
    status = statuses[name]!;
    onFirst?.();
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
