import { EXIT } from "./errors.ts";

/** Ctrl-C and its like, turned into a request to finish. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Status to exit with after an interrupted run. */
  status(): number;
  /** Lets the signals end the process again. */
  release(): void;
}

/** Asks for an orderly end at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export function listenForInterrupt(): Interruption {
  const controller = new AbortController();
  const statuses: Readonly<Record<string, number>> = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 };
  let status: number = EXIT.ok;
  const onSignal = (name: string) => {
    if (controller.signal.aborted) process.exit(statuses[name]);
    status = statuses[name]!;
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
