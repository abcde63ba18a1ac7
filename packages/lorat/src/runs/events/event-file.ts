import { appendFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type EventContent, encodeEvent, frameRecord, type Scalar } from "./event.ts";

/** Files opened by this process, so that two within one second have different names. */
let opened = 0;

/**
 * TensorBoard event files of a run, one for each time it was started. Nothing is written before the first scalar; a file
 * that continues a run says so, and TensorBoard then forgets what the files before it hold for the steps that come again.
 */
export class EventFile {
  readonly #folder: string;
  #path: string | undefined;
  #pending: Uint8Array[] = [];
  #restartAt: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins a new file, in which steps go on after `step`. */
  restart(step: number): void {
    this.flush();
    this.#path = undefined;
    this.#restartAt = step + 1;
  }

  /** Takes the scalars of a step. Those that are not finite are left out: TensorBoard draws none. */
  add(step: number, scalars: readonly Scalar[]): void {
    const finite = scalars.filter(({ value }) => Number.isFinite(value));
    if (finite.length === 0) return;
    this.#open();
    this.#write(step, { scalars: finite });
  }

  /** Hands what was added to the system. */
  flush(): void {
    if (this.#pending.length === 0) return;
    mkdirSync(this.#folder, { recursive: true });
    appendFileSync(this.#path!, Buffer.concat(this.#pending));
    this.#pending = [];
  }

  #open(): void {
    if (this.#path !== undefined) return;
    const continues = existsSync(this.#folder) && readdirSync(this.#folder).some(isEventFile);
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    // TensorBoard reads the files of a folder in the order of their names.
    const count = String(opened++).padStart(4, "0");
    this.#path = join(this.#folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${count}`);
    this.#write(0, { fileVersion: "brain.Event:2" });
    if (continues && this.#restartAt !== undefined) this.#write(this.#restartAt, { sessionStart: true });
  }

  #write(step: number, content: EventContent): void {
    this.#pending.push(frameRecord(encodeEvent(Date.now() / 1000, step, content)));
  }
}

function isEventFile(name: string): boolean {
  return name.includes(".tfevents.");
}
