import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { LoratError } from "@lorat/graph";
import { TraxChannel } from "./trax-channel.ts";

/** Maximum number of characters of a tracker's own output that are shown when it fails. */
const KEPT_OUTPUT = 4000;
/** How long a tracker has to leave by itself, and after being asked by a signal, milliseconds. */
const LEAVE_MS = 3000;

export interface TraxProcessOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Talk over TCP: the tracker finds a port in `TRAX_SOCKET`. Default: standard input and output. */
  readonly socket?: boolean;
}

/** A tracker's process with the channel to it. */
export class TraxProcess {
  readonly #child: ChildProcess;
  readonly #server: Server | undefined;
  readonly #connection: Promise<Socket> | undefined;
  readonly exited: Promise<string>;
  #channel: TraxChannel | undefined;
  #output = "";
  #running = true;

  private constructor(child: ChildProcess, server: Server | undefined) {
    this.#child = child;
    this.#server = server;
    this.#connection = server && once(server, "connection").then(([socket]) => socket as Socket);
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    };
    child.stderr!.on("data", (data: Buffer) => keep(data.toString()));
    child.stdin!.on("error", () => {});
    if (server) child.stdout!.on("data", (data: Buffer) => keep(data.toString()));
    else
      this.#channel = new TraxChannel(child.stdout!, child.stdin!, { onText: (line) => keep(`${line}\n`) });
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      child.once("close", (status, signal) =>
        resolve(signal ? `ended by ${signal}` : `ended with status ${status}`),
      );
    });
    void this.exited.then(() => {
      this.#running = false;
      server?.close();
    });
  }

  /** Starts a tracker. What goes wrong with the process shows when it is talked to. */
  static async start(
    words: readonly string[],
    { cwd, env = {}, socket = false }: TraxProcessOptions,
  ): Promise<TraxProcess> {
    const server = socket ? createServer({ noDelay: true }) : undefined;
    if (server) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    const address = server?.address();
    const port = typeof address === "object" && address ? { TRAX_SOCKET: `${address.port}` } : {};
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      env: { ...process.env, TRAX: "1", ...env, ...port },
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own, so that what a wrapper script started ends with it.
      detached: process.platform !== "win32",
    });
    return new TraxProcess(child, server);
  }

  /** The channel, once the tracker has connected; undefined when it ended before. */
  async channel(): Promise<TraxChannel | undefined> {
    if (!this.#channel && this.#connection) {
      const socket = await Promise.race([this.#connection, this.exited.then(() => undefined)]);
      if (socket) this.#channel = new TraxChannel(socket, socket);
    }
    return this.#channel;
  }

  /** An error that shows what the tracker printed last. */
  failure(code: string, message: string, cause?: unknown): LoratError {
    const printed = this.#output.trimEnd();
    return new LoratError(code, message, {
      issues: printed === "" ? [] : ["the tracker printed:", ...printed.split("\n").slice(-20)],
      cause,
    });
  }

  /** Ends the process: it may leave by itself for a moment unless `now`, then is asked, then is killed. */
  async stop(now = false): Promise<void> {
    this.#child.stdin?.end();
    if (!now) await this.#leaves();
    if (this.#running) this.#signal("SIGTERM");
    await this.#leaves();
    if (this.#running) this.#signal("SIGKILL");
    this.#channel?.close();
    this.#server?.close();
    await this.exited;
  }

  async #leaves(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LEAVE_MS);
    });
    await Promise.race([this.exited, late]);
    clearTimeout(timer);
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    try {
      if (pid === undefined || process.platform === "win32") this.#child.kill(name);
      else process.kill(-pid, name);
    } catch {
      // It has ended in the meantime.
    }
  }
}
