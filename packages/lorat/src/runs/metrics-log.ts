import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LoratError } from "@lorat/graph";
import { writeWhole } from "../files/pending-file.ts";
import { EventFile } from "./events/event-file.ts";
import { scalarsOf } from "./events/scalars.ts";
import { parseRecord, type RunRecord } from "./records.ts";

interface MetricsLogOptions {
  /** Folder of the TensorBoard event files; default: `events` beside the log, none when false. */
  readonly events?: string | false;
  /** Milliseconds that a record waits at most before it is in the file; default: 2000. */
  readonly delayMs?: number;
}

/**
 * What a run reports: `metrics.jsonl`, one record a line, and the same numbers as TensorBoard event files. Records reach
 * the disk in groups, a moment after they are added, so that a reader can follow a live run.
 */
export class MetricsLog {
  readonly #path: string;
  readonly #delayMs: number;
  readonly #events: EventFile | undefined;
  #pending = "";
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  constructor(path: string, { events, delayMs = 2000 }: MetricsLogOptions = {}) {
    this.#path = path;
    this.#delayMs = delayMs;
    if (events !== false) this.#events = new EventFile(events ?? join(dirname(path), "events"));
  }

  /** Takes a record. Throws `METRICS_WRITE` when records before it could not be written. */
  add(record: RunRecord): void {
    if (this.#failure !== undefined) this.#write();
    this.#pending += `${JSON.stringify(record)}\n`;
    this.#events?.add(record.step, scalarsOf(record));
    this.#timer ??= setTimeout(() => this.#writeLater(), this.#delayMs).unref();
  }

  /** Writes what was added since. Throws `METRICS_WRITE`. */
  async flush(): Promise<void> {
    this.#write();
  }

  /** Drops the records after `step`, which a resumed run will write again, from the log and from TensorBoard's view. */
  async rewind(step: number): Promise<void> {
    this.#write();
    const text = await readFile(this.#path, "utf8").catch(() => "");
    const remaining = text.split("\n").filter((line) => recordStep(line) <= step);
    await writeWhole(this.#path, remaining.map((line) => `${line}\n`).join(""), { force: true });
    this.#events?.restart(step);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      if (this.#pending !== "") appendFileSync(this.#path, this.#pending);
      this.#pending = "";
      this.#failure = undefined;
      this.#events?.flush();
    } catch (cause) {
      // What reached the file may end within a line: the next attempt starts a line of its own, readers skip the torn one.
      if (this.#pending !== "" && !this.#pending.startsWith("\n")) this.#pending = `\n${this.#pending}`;
      this.#failure = cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LoratError("METRICS_WRITE", `${this.#path} cannot be written: ${reason}`, {
        hint: "free some space; --resume goes on from the last checkpoint",
        cause,
      });
    }
  }

  /** On the timer nobody can catch: the next call reports it. */
  #writeLater(): void {
    try {
      this.#write();
    } catch {}
  }
}

/** The step of a line; a torn line counts as after everything. */
function recordStep(line: string): number {
  return parseRecord(line)?.step ?? Number.POSITIVE_INFINITY;
}
