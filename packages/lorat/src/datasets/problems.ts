import { LoratError } from "@lorat/graph";

const MOST_SHOWN = 40;

/** Problems of many files, gathered so that all of them are told at once. */
export class Problems {
  readonly #found: { readonly code: string; readonly text: string; readonly error?: LoratError }[] = [];

  get count(): number {
    return this.#found.length;
  }

  add(code: string, text: string): void {
    this.#found.push({ code, text });
  }

  /** What `task` gives; undefined where it throws a {@link LoratError}, which is kept. */
  async collect<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof LoratError)) throw error;
      const text = [error.message, ...error.issues.slice(0, 3)].join("; ");
      this.#found.push({ code: error.code, text, error });
      return undefined;
    }
  }

  /** Throws what was found: a single error as it is, several under `code` (or their own, where it is the same). */
  finish(code: string, what: string, hint?: string): void {
    const [first] = this.#found;
    if (!first) return;
    if (this.#found.length === 1 && first.error) throw first.error;
    const codes = new Set(this.#found.map((one) => one.code));
    const mixed = codes.size > 1;
    const lines = this.#found.map((one) => (mixed ? `${one.code}: ${one.text}` : one.text));
    const rest = lines.length - MOST_SHOWN;
    throw new LoratError(
      mixed ? code : first.code,
      lines.length === 1 ? `${what}: ${lines[0]}` : `${what}: ${lines.length} problems`,
      {
        issues:
          lines.length === 1 ? [] : rest > 0 ? [...lines.slice(0, MOST_SHOWN), `and ${rest} more`] : lines,
        hint,
      },
    );
  }
}
