import { resolve } from "node:path";
import type { Box } from "@lorat/core";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { formatRegion, parseRegion, type Region, regionBox } from "./region.ts";
import { imageAsData } from "./trax-image.ts";
import type { TraxMessage } from "./trax-message.ts";
import { TraxProcess, type TraxProcessOptions } from "./trax-process.ts";

/** A command as its words, the way a shell splits them: blanks, single and double quotes, backslashes. Throws `TRAX_COMMAND`. */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < command.length; i++) {
    const c = command[i]!;
    if (quote) {
      if (c === quote) quote = "";
      else if (c === "\\" && quote === '"' && /["\\]/.test(command[i + 1] ?? "")) word += command[++i]!;
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + (c === "\\" && i + 1 < command.length ? command[++i]! : c);
    }
  }
  if (quote) throw new LoratError("TRAX_COMMAND", `a ${quote} is not closed in the command: ${command}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new LoratError("TRAX_COMMAND", "the tracker's command is empty");
  return words;
}

export interface TraxTrackerOptions extends TraxProcessOptions {
  /** Longest wait for an answer, milliseconds; default: 30,000. */
  readonly timeoutMs?: number;
  /** Longest wait for the first message, in which a tracker loads its model; default: 120,000. */
  readonly startTimeoutMs?: number;
}

/** What an outside tracker said of a frame. */
export interface TraxResult {
  /** NaN where the tracker reported no shape, which every measure counts as a miss. */
  readonly box: Box;
  /** Its `confidence`, where it gave one. */
  readonly score?: number;
}

/** Any tracker that speaks TraX, driven as a process of its own. */
export interface TraxTracker {
  /** What the tracker calls itself. */
  readonly name: string | undefined;
  /** Starts an object anew on an image file; earlier ones are forgotten. Gives what the tracker acknowledged. */
  start(framePath: string, box: Box): Promise<TraxResult>;
  /** The object in the next image file. */
  track(framePath: string): Promise<TraxResult>;
  /** Ends the session and the process; may be called twice. */
  quit(): Promise<void>;
}

/**
 * Starts a tracker's command and waits for its `hello`. `command` is split as a shell would do it, without a shell.
 *
 * Every call throws `TRAX_TIMEOUT` when the tracker stays silent, `TRAX_ENDED` when it quits or dies, `TRAX_PROTOCOL` when it says
 * something out of place; the message shows what it printed last, and the process is ended. Source: TraX protocol
 * specification; version 4 (several objects) as in the reference library.
 */
export async function openTraxTracker(
  command: string | readonly string[],
  options: TraxTrackerOptions = {},
): Promise<TraxTracker> {
  const words = typeof command === "string" ? splitCommand(command) : command;
  const client = new Client(await TraxProcess.start(words, options), words[0]!, options);
  await client.greet();
  return client;
}

interface Hello {
  readonly version: number;
  readonly name: string | undefined;
  /** First format of the tracker's that this client can give. */
  readonly image: "path" | "buffer";
  readonly region: "rectangle" | "polygon" | "mask";
}

class Client implements TraxTracker {
  readonly #process: TraxProcess;
  readonly #command: string;
  readonly #timeouts: { readonly answer: number; readonly start: number };
  #hello: Hello | undefined;
  #objects = 0;
  #stopped: Promise<void> | undefined;

  constructor(process: TraxProcess, command: string, options: TraxTrackerOptions) {
    this.#process = process;
    this.#command = command;
    this.#timeouts = { answer: options.timeoutMs ?? 30_000, start: options.startTimeoutMs ?? 120_000 };
  }

  get name(): string | undefined {
    return this.#hello?.name;
  }

  async greet(): Promise<void> {
    const message = await this.#receive("hello", this.#timeouts.start);
    try {
      this.#hello = readHello(message.properties);
    } catch (error) {
      throw await this.#fail("TRAX_PROTOCOL", (error as Error).message);
    }
  }

  async start(framePath: string, box: Box): Promise<TraxResult> {
    if (!isValidBox(toCorners(box))) {
      throw new LoratError("BOX_INVALID", "a box needs finite numbers and a size above zero");
    }
    const { version, region } = this.#hello!;
    const text = formatRegion(asRegion(box, region));
    const image = await this.#image(framePath);
    if (version >= 4) {
      if (this.#objects > 0) await this.#send("initialize", []);
      await this.#send("initialize", [text]);
      await this.#send("frame", [image]);
    } else {
      await this.#send("initialize", [image, text]);
    }
    this.#objects = 1;
    return this.#state();
  }

  async track(framePath: string): Promise<TraxResult> {
    if (this.#objects === 0) throw new LoratError("TRAX_PROTOCOL", "no object was started");
    await this.#send("frame", [await this.#image(framePath)]);
    return this.#state();
  }

  quit(): Promise<void> {
    this.#stopped ??= (async () => {
      await (await this.#process.channel())?.send("quit");
      await this.#process.stop();
    })();
    return this.#stopped;
  }

  async #image(path: string): Promise<string> {
    return this.#hello!.image === "path" ? `file://${resolve(path)}` : imageAsData(path);
  }

  async #state(): Promise<TraxResult> {
    const { args, properties } = await this.#receive("state", this.#timeouts.answer);
    let region: Region;
    try {
      if (args.length !== 1) throw new Error(`a state holds one region, this one ${args.length}`);
      region = parseRegion(args[0]!);
    } catch (error) {
      throw await this.#fail("TRAX_PROTOCOL", `${this.#command}: ${(error as Error).message}`, error);
    }
    const nothing = { x: Number.NaN, y: Number.NaN, width: Number.NaN, height: Number.NaN };
    const score = properties.confidence === undefined ? Number.NaN : Number(properties.confidence);
    return { box: regionBox(region) ?? nothing, score: Number.isNaN(score) ? undefined : score };
  }

  async #send(type: TraxMessage["type"], args: readonly string[]): Promise<void> {
    if (this.#stopped) throw new LoratError("TRAX_ENDED", `the session with ${this.#command} has ended`);
    await (await this.#process.channel())?.send(type, args);
  }

  /** The tracker's next message, which must be of one type. */
  async #receive(type: TraxMessage["type"], timeoutMs: number): Promise<TraxMessage> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), timeoutMs);
    });
    let message: TraxMessage | "late" | undefined;
    try {
      const next = this.#process.channel().then((channel) => channel?.next());
      next.catch(() => {}); // heard of below, or too late to matter
      message = await Promise.race([next, late]);
    } catch (error) {
      throw await this.#fail("TRAX_PROTOCOL", `${this.#command}: ${(error as Error).message}`, error);
    } finally {
      clearTimeout(timer);
    }
    if (message === "late") {
      throw await this.#fail(
        "TRAX_TIMEOUT",
        `${this.#command} gave no ${type} within ${timeoutMs / 1000} seconds`,
      );
    }
    if (message === undefined) {
      await this.#stop(false);
      throw this.#process.failure("TRAX_ENDED", `${this.#command} ${await this.#process.exited}`);
    }
    if (message.type === "quit") {
      const reason = message.properties["trax.reason"];
      await this.#stop(false);
      throw this.#process.failure(
        "TRAX_ENDED",
        `${this.#command} quit${reason ? `: ${reason}` : " without a reason"}`,
      );
    }
    if (message.type !== type) {
      throw await this.#fail(
        "TRAX_PROTOCOL",
        `${this.#command}: ${type} was expected, ${message.type} was received`,
      );
    }
    return message;
  }

  async #fail(code: string, message: string, cause?: unknown): Promise<LoratError> {
    await this.#stop(true);
    return this.#process.failure(code, message, cause);
  }

  #stop(now: boolean): Promise<void> {
    this.#stopped ??= this.#process.stop(now);
    return this.#stopped;
  }
}

function readHello(properties: Readonly<Record<string, string>>): Hello {
  const list = (key: string, otherwise: string) =>
    (properties[key] ?? otherwise).split(/[;,\s]+/).filter((word) => word !== "");
  const images = list("trax.image", "path");
  const regions = list("trax.region", "rectangle");
  const channels = list("trax.channels", "color");
  // The documentation names embedded pictures "data", the reference library "buffer".
  const image = images.includes("path")
    ? ("path" as const)
    : images.some((one) => one === "buffer" || one === "data")
      ? ("buffer" as const)
      : undefined;
  if (!image)
    throw new Error(`the tracker takes images as ${images.join(", ")}, path or buffer was expected`);
  const region = (["rectangle", "polygon", "mask"] as const).find((one) => regions.includes(one));
  if (!region) throw new Error(`the tracker takes regions as ${regions.join(", ")}, which are all unknown`);
  if (channels.length !== 1 || channels[0] !== "color") {
    throw new Error(`the tracker wants the channels ${channels.join(", ")}, only color can be given`);
  }
  return {
    version: Number(properties["trax.version"] ?? 1) || 1,
    name: properties["trax.name"] || undefined,
    image,
    region,
  };
}

/** A box in the form that a tracker asks for; as a polygon or mask it covers the same whole pixels as in the reference library. */
function asRegion(box: Box, kind: Hello["region"]): Region {
  const { x, y, width, height } = box;
  if (kind === "rectangle") return { kind, box };
  if (kind === "polygon") {
    const right = x + width - 1;
    const bottom = y + height - 1;
    return {
      kind,
      points: [
        [x, y],
        [right, y],
        [right, bottom],
        [x, bottom],
      ],
    };
  }
  const columns = Math.max(Math.trunc(width), 1);
  const rows = Math.max(Math.trunc(height), 1);
  return {
    kind,
    x: Math.trunc(x),
    y: Math.trunc(y),
    width: columns,
    height: rows,
    runs: [0, columns * rows],
  };
}
