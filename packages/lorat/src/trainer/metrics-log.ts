import { appendFile, readFile, rename, writeFile } from "node:fs/promises";

/** What one optimiser step left behind; one line of `metrics.jsonl`. */
export interface StepRecord {
  /** Steps taken, counting this one. */
  readonly step: number;
  readonly loss: number;
  readonly bce: number;
  readonly giou: number;
  /** Mean IoU of the predicted boxes at positive cells. */
  readonly iou: number;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  /** Share of the time so far that steps waited for data. */
  readonly waitShare: number;
  /** Resident memory of the process, MB. */
  readonly memoryMb: number;
}

/** `metrics.jsonl` of a run: one record a step, appended in groups. */
export class MetricsLog {
  readonly #path: string;
  #pending = "";

  constructor(path: string) {
    this.#path = path;
  }

  add(record: StepRecord): void {
    this.#pending += `${JSON.stringify(record)}\n`;
  }

  /** Writes what was added since. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") await appendFile(this.#path, text);
  }

  /** Drops the records after `step`, which a resumed run will write again. */
  async rewind(step: number): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    const kept = text.split("\n").filter((line) => recordStep(line) <= step);
    await writeFile(`${this.#path}.tmp`, kept.map((line) => `${line}\n`).join(""));
    await rename(`${this.#path}.tmp`, this.#path);
  }
}

/** The step of a line; a line that a crash cut short counts as after everything. */
function recordStep(line: string): number {
  try {
    return (JSON.parse(line) as StepRecord).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
