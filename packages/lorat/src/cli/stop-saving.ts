import { type Interruption, listenForInterrupt } from "./interrupt.ts";

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
