import { LoratError } from "@lorat/graph";
import type { EvalSequence, TrackedSequence } from "../../datasets/eval-sequence.ts";
import type { Communicator } from "../../mpi/communicator.ts";
import { fromPlainError, type PlainError, toPlainError } from "../../threads/thread-error.ts";
import type { EvalRunner } from "./eval-runner.ts";

/** One of the places of a rank at which a sequence at a time is tracked. */
interface Slot {
  readonly communicator: Communicator;
  /** From 0, on its rank. */
  readonly slot: number;
  /** All sequences, in the same order on every rank. */
  readonly sequences: readonly EvalSequence[];
}

/** Orders that are no sequence's position. */
const OPEN = -2;
const CLOSE = -1;
/** What a reply is: its kind, and frames done so far or bytes that follow. */
const REPLY = { opened: 0, pictures: 1, tracked: 2, error: 3 } as const;
const NEWS_MS = 200;

const tagsOf = (slot: number) => ({
  order: 4 * slot,
  stop: 4 * slot + 1,
  reply: 4 * slot + 2,
  data: 4 * slot + 3,
});

/** Runs sequences on another rank, where {@link serveRunner} waits for them. */
export function rankRunner({ communicator, slot, sequences }: Slot, rank: number): EvalRunner {
  const tags = tagsOf(slot);
  const places = new Map(sequences.map((sequence, i) => [sequence.name, i]));
  const order = (number: number) => communicator.send(bytesOfNumbers([number]), rank, tags.order);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopped ??= communicator.send(new Uint8Array(1), rank, tags.stop);
    await stopped;
  };

  /** Waits for the end of what was ordered. */
  async function answer(onPicture?: (done: number) => void): Promise<TrackedSequence | undefined> {
    for (;;) {
      const head = new Float64Array(2);
      await communicator.receive(new Uint8Array(head.buffer), rank, tags.reply);
      const [kind, number] = head as unknown as [number, number];
      if (kind === REPLY.opened) return undefined;
      if (kind === REPLY.pictures) {
        onPicture?.(number);
        continue;
      }
      const data = new Uint8Array(number);
      await communicator.receive(data, rank, tags.data);
      if (kind === REPLY.error)
        throw fromPlainError(JSON.parse(new TextDecoder().decode(data)) as PlainError);
      const rows = new Float64Array(data.buffer);
      const frames = rows.length / 6;
      return {
        boxes: rows.slice(0, 4 * frames),
        scores: rows.slice(4 * frames, 5 * frames),
        seconds: rows.slice(5 * frames),
      };
    }
  }

  return {
    async open() {
      await order(OPEN);
      await answer();
    },
    async run(sequence, { signal, onPicture }) {
      signal?.throwIfAborted();
      const onAbort = () => void stop();
      signal?.addEventListener("abort", onAbort);
      try {
        await order(places.get(sequence.name)!);
        return (await answer(onPicture))!;
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },
    hasEnded: () => false,
    async close() {
      await stop();
      await order(CLOSE);
    },
  };
}

/** Tracks what the first rank orders, until it says that there is nothing left. */
export async function serveRunner(
  { communicator, slot, sequences }: Slot,
  runner: EvalRunner,
): Promise<void> {
  const tags = tagsOf(slot);
  const stopping = new AbortController();
  const stopped = communicator.receive(new Uint8Array(1), 0, tags.stop).then(() => stopping.abort());
  const reply = async (kind: keyof typeof REPLY, number: number, data?: Uint8Array) => {
    await communicator.send(bytesOfNumbers([REPLY[kind], number]), 0, tags.reply);
    if (data) await communicator.send(data, 0, tags.data);
  };
  const work = async (sequence: EvalSequence) => {
    let news: Promise<void> = Promise.resolve();
    let told = 0;
    const onPicture = (done: number) => {
      if (performance.now() - told < NEWS_MS) return;
      told = performance.now();
      news = news.then(() => reply("pictures", done));
    };
    try {
      const { boxes, scores, seconds } = await runner.run(sequence, { signal: stopping.signal, onPicture });
      const data = bytesOfNumbers([...boxes, ...scores, ...seconds]);
      await news;
      await reply("tracked", data.length, data);
    } catch (error) {
      await news;
      await replyError(error);
    }
  };
  const replyError = (error: unknown) => {
    const known = stopping.signal.aborted ? new LoratError("EVAL_STOPPED", "stopped") : error;
    const data = new TextEncoder().encode(JSON.stringify(toPlainError(known)));
    return reply("error", data.length, data);
  };
  for (;;) {
    const order = new Float64Array(1);
    await communicator.receive(new Uint8Array(order.buffer), 0, tags.order);
    if (order[0] === CLOSE) break;
    if (order[0] === OPEN)
      await runner.open().then(
        () => reply("opened", 0),
        (error) => replyError(error),
      );
    else await work(sequences[order[0]!]!);
  }
  await stopped;
  await runner.close();
}

function bytesOfNumbers(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}
