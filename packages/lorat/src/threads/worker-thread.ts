import { parentPort, Worker } from "node:worker_threads";
import { LoratError } from "@lorat/graph";
import { fromPlainError, type PlainError, toPlainError } from "./thread-error.ts";

type ToThread<Order, Note> =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "note"; readonly note: Note }
  | { readonly kind: "close" };

type FromThread<Answer, News> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "news"; readonly news: News }
  | { readonly kind: "error"; readonly error: PlainError };

interface AskOptions<News> {
  /** Memory that moves to the thread. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Told what the thread says while it carries the order out. */
  readonly onNews?: (news: News) => void;
}

interface Waiting<Answer, News> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly onNews: ((news: News) => void) | undefined;
}

/** A thread that hangs is ended after this. */
const CLOSE_MS = 15_000;

/**
 * A worker thread that carries out orders one after the other, seen from the thread that gives them; {@link answerOrders} is its
 * other end. It keeps the process alive only while an answer is awaited.
 */
export class WorkerThread<Order, Answer, News = never, Note = never> {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting: Waiting<Answer, News>[] = [];
  #isClosing = false;
  #ended: Error | undefined;

  /** `data` is the thread's `workerData`. A thread that ends by itself is an error with `code`, whose message begins with `name`. */
  constructor(script: URL, data: unknown, { code, name }: { readonly code: string; readonly name: string }) {
    this.#worker = new Worker(script, { workerData: data });
    this.#worker.unref();
    this.#worker.on("message", (message: FromThread<Answer, News>) => this.#hear(message));
    this.#worker.on("error", (cause) =>
      this.#end(new LoratError(code, `${name} failed: ${cause}`, { cause })),
    );
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (status) => {
        this.#end(new LoratError(code, `${name} ended with status ${status}`));
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Gives an order and waits for its answer; several may be under way. Throws what the thread threw, the constructor's `code` where
   * the thread has ended, and `DataCloneError` for memory that cannot change threads.
   */
  async ask(order: Order, { transfer, onNews }: AskOptions<News> = {}): Promise<Answer> {
    if (this.#ended) throw this.#ended;
    this.#post({ kind: "order", order }, transfer);
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, onNews }));
  }

  /** Says something that the thread hears at once, while it carries out an order. */
  tell(note: Note, transfer?: readonly ArrayBuffer[]): void {
    this.#post({ kind: "note", note }, transfer);
  }

  /** Ends the thread after the order in flight; those behind it are dropped. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.ref();
    this.#post({ kind: "close" });
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_MS);
    await this.#exited;
    clearTimeout(late);
  }

  /** Ends the thread at once. Orders under way are never answered. */
  async terminate(): Promise<void> {
    this.#isClosing = true;
    this.#waiting.length = 0;
    await this.#worker.terminate();
  }

  #post(message: ToThread<Order, Note>, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromThread<Answer, News>): void {
    if (message.kind === "news") {
      this.#waiting[0]?.onNews?.(message.news);
      return;
    }
    const first = this.#waiting.shift();
    // Somebody waits for a thread that is being ended: it must keep the process alive until then.
    if (this.#waiting.length === 0 && !this.#isClosing) this.#worker.unref();
    if (message.kind === "answer") first?.resolve(message.answer);
    else first?.reject(fromPlainError(message.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

/** What a thread answers with, and the memory that moves with it. */
interface Reply<Answer> {
  readonly answer: Answer;
  readonly transfer?: readonly ArrayBufferLike[];
}

interface ThreadWork<Order, Answer, News, Note> {
  /** Carries out one order; `say` gives news of it. */
  answer(order: Order, say: (news: News) => void): Promise<Reply<Answer>>;
  /** Hears a note at once. */
  note?(note: Note): void;
  /** Lets go of everything, after the last order. */
  close?(): Promise<void>;
}

/** The whole of a worker thread that {@link WorkerThread} starts. Errors are answers too: the thread stays. */
export function answerOrders<Order, Answer, News = never, Note = never>(
  work: ThreadWork<Order, Answer, News, Note>,
): void {
  const port = parentPort!;
  const post = (message: FromThread<Answer, News>, transfer: readonly ArrayBufferLike[] = []) =>
    port.postMessage(message, transfer as readonly ArrayBuffer[]);
  let isClosing = false;
  const carryOut = async (order: Order) => {
    if (isClosing) return;
    try {
      const { answer, transfer } = await work.answer(order, (news) => post({ kind: "news", news }));
      post({ kind: "answer", answer }, transfer);
    } catch (error) {
      post({ kind: "error", error: toPlainError(error) });
    }
  };
  let last = Promise.resolve();
  port.on("message", (message: ToThread<Order, Note>) => {
    if (message.kind === "note") work.note?.(message.note);
    else if (message.kind === "order") last = last.then(() => carryOut(message.order));
    else {
      isClosing = true;
      void last
        .then(() => work.close?.())
        .catch(() => {})
        .then(() => port.close());
    }
  });
}
