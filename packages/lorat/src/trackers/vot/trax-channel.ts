import { connect } from "node:net";
import type { Readable, Writable } from "node:stream";
import { LoratError } from "@lorat/graph";
import { formatTraxMessage, parseTraxLine, type TraxMessage } from "./trax-message.ts";

/** A line longer than this is no message: the largest are images in base64. */
const LONGEST_LINE = 2 ** 28;
/** Messages that wait to be read before the other side is held back. */
const WAITING = 64;

export interface TraxChannelOptions {
  /** Receives every line that is no message. */
  readonly onText?: (line: string) => void;
}

/** One side of a TraX session: messages in, messages out, over two byte streams. */
export class TraxChannel {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #onText: ((line: string) => void) | undefined;
  readonly #messages: (TraxMessage | LoratError)[] = [];
  #parts: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(input: Readable, output: Writable, { onText }: TraxChannelOptions = {}) {
    this.#input = input;
    this.#output = output;
    this.#onText = onText;
    const end = () => {
      if (this.#ended) return;
      this.#line(Buffer.alloc(0));
      this.#ended = true;
      this.#wake?.();
    };
    input.on("data", (chunk: Buffer) => this.#receive(chunk));
    input.on("end", end);
    input.on("close", end);
    // The other side went away: its last messages are still read, then the channel has ended.
    input.on("error", end);
    output.on("error", () => {});
  }

  /** The next message, in order; undefined once the other side has closed. Throws `TRAX_PROTOCOL` for one that cannot be read. */
  async next(): Promise<TraxMessage | undefined> {
    for (;;) {
      const message = this.#messages.shift();
      if (this.#messages.length < WAITING) this.#input.resume();
      if (message instanceof LoratError) throw message;
      if (message) return message;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a message; one to a side that has gone is lost. */
  async send(
    type: TraxMessage["type"],
    args: readonly string[] = [],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const line = formatTraxMessage({ type, args, properties });
    await new Promise<void>((resolve) => {
      if (!this.#output.writable) resolve();
      else this.#output.write(line, () => resolve());
    });
  }

  /** Stops reading and ends the output. */
  close(): void {
    this.#ended = true;
    this.#wake?.();
    this.#input.destroy();
    if (this.#output !== process.stdout) this.#output.end();
  }

  #receive(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#line(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from < chunk.length) {
      this.#parts.push(chunk.subarray(from));
      this.#length += chunk.length - from;
    }
    if (this.#length > LONGEST_LINE) {
      this.#messages.push(
        new LoratError("TRAX_PROTOCOL", `a line of more than ${LONGEST_LINE} bytes was received`),
      );
      this.#ended = true;
      this.#input.destroy();
    }
    if (this.#messages.length >= WAITING) this.#input.pause();
    this.#wake?.();
  }

  /** Takes the bytes up to the end of a line. */
  #line(tail: Buffer): void {
    const line = Buffer.concat([...this.#parts, tail]).toString("utf8");
    this.#parts = [];
    this.#length = 0;
    try {
      const message = parseTraxLine(line);
      if (message) this.#messages.push(message);
      else if (line !== "") this.#onText?.(line);
    } catch (error) {
      this.#messages.push(error as LoratError);
    }
  }
}

/** Tries to reach a client at least this long, seconds. */
const CONNECT_SECONDS = 30;

/**
 * The channel that a tracker was told to use: a connection to the port in the environment's `TRAX_SOCKET`, else standard input
 * and output. Throws `TRAX_CONNECT` when nobody listens.
 */
export async function serverChannel(env: NodeJS.ProcessEnv = process.env): Promise<TraxChannel> {
  const port = env.TRAX_SOCKET;
  if (port === undefined || port === "") return new TraxChannel(process.stdin, process.stdout);
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new LoratError("TRAX_CONNECT", `TRAX_SOCKET is no port: "${port}"`);
  }
  for (let second = 0; ; second++) {
    try {
      const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
      return new TraxChannel(socket, socket);
    } catch (cause) {
      if (second >= CONNECT_SECONDS) {
        throw new LoratError("TRAX_CONNECT", `nobody listens on 127.0.0.1:${port}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
