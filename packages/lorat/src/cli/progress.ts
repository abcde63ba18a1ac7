/** For example `103/s`, `2.4/s` or `0.08/s`. */
export function rate(perSecond: number): string {
  const digits = perSecond >= 100 ? 0 : perSecond >= 1 ? 1 : 2;
  return `${perSecond.toFixed(digits)}/s`;
}

/** A duration to read at a glance: `8 s`, `3 min 20 s`, `2 h 05 min`, `4 d 03 h`. */
export function remaining(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(whole / 3600);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

interface ProgressOptions {
  /** What is going on, for example `tracking`. */
  label: string;
  /** How many there will be; undefined where that is not known. */
  total?: number;
  /** What is counted, for example `frames`. */
  unit?: string;
  /** Default: standard error, so that standard output stays for results. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Milliseconds; for tests. */
  now?: () => number;
}

export interface Progress {
  /** Says how many are done, counted from 0, and anything else worth knowing. */
  update(done: number, detail?: string): void;
  /** Takes the line away from a terminal. */
  done(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5000;

/**
 * One line that is kept up to date on a terminal, with rate and remaining time; elsewhere a plain line every five
 * seconds. Written without colours.
 */
export function createProgress({
  label,
  total,
  unit = "",
  stream = process.stderr,
  now = () => performance.now(),
}: ProgressOptions): Progress {
  const terminal = Boolean(stream.isTTY) && process.env.TERM !== "dumb";
  const interval = terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  const began = now();
  let first: { done: number; time: number } | undefined;
  let last = terminal ? Number.NEGATIVE_INFINITY : began;
  let shown = false;

  function line(done: number, time: number, detail: string | undefined): string {
    const perSecond = first && time > first.time ? ((done - first.done) * 1000) / (time - first.time) : 0;
    const parts = [`${label} ${done}${total === undefined ? "" : `/${total}`} ${unit}`.trimEnd()];
    if (total) parts.push(`${Math.floor((100 * done) / total)}%`);
    if (perSecond > 0) parts.push(rate(perSecond));
    if (perSecond > 0 && total !== undefined) parts.push(`${remaining((total - done) / perSecond)} left`);
    if (detail) parts.push(detail);
    return parts.join("  ");
  }

  return {
    update(done, detail) {
      const time = now();
      first ??= { done, time };
      if (time - last < interval) return;
      last = time;
      const text = line(done, time, detail);
      if (terminal) stream.write(`\r${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}\x1b[K`);
      else stream.write(`${text}\n`);
      shown = true;
    },
    done() {
      if (terminal && shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}

/** One progress line after the other, a new one as the label changes; a total of 0 is one that is not known. */
export function createStages() {
  let label = "";
  let current: Progress | undefined;
  return {
    update(next: string, done: number, total: number, unit = "rounds"): void {
      if (next !== label) {
        current?.done();
        current = createProgress({ label: next, ...(total > 0 && { total, unit }) });
        label = next;
      }
      current!.update(done);
    },
    done: (): void => current?.done(),
  };
}
