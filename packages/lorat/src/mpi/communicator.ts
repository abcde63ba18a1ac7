import { LoratError } from "@lorat/graph";
import { type LaunchedAs, launchedAs } from "./launcher.ts";
import { loadMpi, type MpiLibrary, type Request } from "./library.ts";

/** What has gone between the ranks so far, as this one sees it. */
export interface Traffic {
  /** Bytes that a rank sends, where each call takes the way that sends least: of an all-reduce of n bytes, 2 n (ranks - 1) / ranks. */
  readonly bytes: number;
  /** Seconds from the start of each call to its end, waiting for the others included. */
  readonly seconds: number;
  /** Of those, seconds that passed until the last rank had come to the call. */
  readonly waited: number;
}

/** Numbers of one call at most, so that other work of the event loop comes between: 16 MB of gradients. */
export const BUCKET = 4 * 2 ** 20;
/** A wait asks MPI again and again for so long, then once a millisecond: the core may be another rank's. */
const EAGER_MS = 0.5;
/** In transit, MPI moves data only when it is asked; even so others get a turn now and then. */
const TURN_MS = 10;

/**
 * This process among the ranks of one MPI job. Calls are MPI's nonblocking ones, asked from the event loop whether they are
 * done, so that timers, signals and files go on meanwhile. Every rank makes the same calls in the same order.
 */
export class Communicator {
  readonly rank: number;
  readonly size: number;
  readonly library: MpiLibrary;
  #bytes = 0;
  #ms = 0;
  #waitedMs = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(library: MpiLibrary, rank: number, size: number) {
    this.library = library;
    this.rank = rank;
    this.size = size;
  }

  /**
   * Starts MPI in this process, once. `file`: the library, where it is not to be found by the launcher. Throws what
   * {@link loadMpi} throws, `MPI_CALL`, and `MPI_LAUNCHER` where the launcher started several ranks and the library knows of
   * one: they belong to different MPIs.
   */
  static async start(
    launched: LaunchedAs | undefined = launchedAs(),
    file?: string | undefined,
  ): Promise<Communicator> {
    const library = await loadMpi(launched?.mpi, file);
    const { calls, world } = library;
    check(library, "MPI_Init", calls.init(null, null));
    const [rank, size] = [[0], [0]];
    check(library, "MPI_Comm_rank", calls.rank(world, rank));
    check(library, "MPI_Comm_size", calls.size(world, size));
    check(library, "MPI_Comm_set_errhandler", calls.errorsReturn(world, library.errorsReturnHandler));
    if (launched && size[0] !== launched.ranks) {
      calls.finalize();
      throw new LoratError(
        "MPI_LAUNCHER",
        `the launcher${launched.mpi ? ` of ${launched.mpi}` : ""} started ${launched.ranks} ranks, but ${library.file} (${library.version}) knows of ${size[0]}: every rank believes that it is alone`,
        {
          hint: "use mpirun and library of the same MPI: start it with the other mpirun, or leave --mpi out",
        },
      );
    }
    return new Communicator(library, rank[0]!, size[0]!);
  }

  get traffic(): Traffic {
    return { bytes: this.#bytes, seconds: this.#ms / 1000, waited: this.#waitedMs / 1000 };
  }

  /** Of what ranks hold in equal parts, that of the others. */
  get #share(): number {
    return (this.size - 1) / this.size;
  }

  /** Puts the sum over all ranks in the place of each number. */
  sum(values: Float32Array | Float64Array): Promise<void> {
    const { calls, types, inPlace, sum, world } = this.library;
    const type = values instanceof Float32Array ? types.float : types.double;
    return this.#inTurn(2 * values.byteLength * this.#share, async () => {
      for (let at = 0; at < values.length; at += BUCKET) {
        const part = values.subarray(at, at + BUCKET);
        await inPlaceThatStays(part, (data) =>
          this.#finish("MPI_Iallreduce", (request) =>
            calls.iallreduce(inPlace, data, part.length, type, sum, world, request),
          ),
        );
      }
    });
  }

  /** Fills `data` with that of rank `root`. */
  broadcast(data: Uint8Array, root = 0): Promise<void> {
    const { calls, types, world } = this.library;
    return this.#inTurn(data.byteLength, async () => {
      for (let at = 0; at < data.length; at += 4 * BUCKET) {
        const part = data.subarray(at, at + 4 * BUCKET);
        await inPlaceThatStays(part, (bytes) =>
          this.#finish("MPI_Ibcast", (request) =>
            calls.ibcast(bytes, part.length, types.byte, root, world, request),
          ),
        );
      }
    });
  }

  /** Every rank's `data`, of the same length on all, one behind the other. */
  async gather(data: Uint8Array): Promise<Uint8Array> {
    const { calls, types, world } = this.library;
    const into = new Uint8Array(new ArrayBuffer(data.length * this.size));
    const own = thatStays(data);
    await this.#inTurn(into.byteLength * this.#share, () =>
      this.#finish("MPI_Iallgather", (request) =>
        calls.iallgather(own, data.length, types.byte, into, data.length, types.byte, world, request),
      ),
    );
    return into;
  }

  /** Sends the k-th of as many equal parts as there are ranks to rank k; gives the parts for this one, in order of ranks. */
  async exchange(data: Uint8Array): Promise<Uint8Array> {
    const { calls, types, world } = this.library;
    const into = new Uint8Array(new ArrayBuffer(data.length));
    const own = thatStays(data);
    const part = data.length / this.size;
    await this.#inTurn(into.byteLength * this.#share, () =>
      this.#finish("MPI_Ialltoall", (request) =>
        calls.ialltoall(own, part, types.byte, into, part, types.byte, world, request),
      ),
    );
    return into;
  }

  /** Waits until every rank has come here. */
  meet(): Promise<void> {
    return this.#inTurn(0, async () => {});
  }

  /** Sends a message; `tag` tells messages apart. Out of turn: one rank may send while the others do something else. */
  send(data: Uint8Array, to: number, tag: number): Promise<void> {
    const { calls, types, world } = this.library;
    this.#bytes += data.length;
    const own = thatStays(data);
    return this.#finish(
      "MPI_Isend",
      (request) => calls.isend(own, data.length, types.byte, to, tag, world, request),
      true,
    );
  }

  /** Receives a message of exactly the length of `data` into it. */
  receive(data: Uint8Array, from: number, tag: number, signal?: AbortSignal): Promise<void> {
    const { calls, types, world } = this.library;
    return inPlaceThatStays(data, (bytes) =>
      this.#finish(
        "MPI_Irecv",
        (request) => calls.irecv(bytes, data.length, types.byte, from, tag, world, request),
        true,
        signal,
      ),
    );
  }

  /** Ends MPI in this process; every rank has to. */
  async close(): Promise<void> {
    await this.meet();
    this.library.calls.finalize();
  }

  /** Ends all ranks at once. */
  abort(status: number): void {
    this.library.calls.abort(this.library.world, status);
  }

  /** One collective call at a time, all ranks there before it begins. */
  #inTurn(bytes: number, call: () => Promise<void>): Promise<void> {
    const run = async () => {
      const began = performance.now();
      const { calls, world } = this.library;
      await this.#finish("MPI_Ibarrier", (request) => calls.ibarrier(world, request), true);
      this.#waitedMs += performance.now() - began;
      await call();
      this.#ms += performance.now() - began;
      this.#bytes += bytes;
    };
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Starts a call and waits for its end; `idle`: for other ranks, not for data. */
  async #finish(
    what: string,
    begin: (request: Request) => number,
    idle = false,
    signal?: AbortSignal,
  ): Promise<void> {
    const { calls, ignore } = this.library;
    const request: Request = new BigInt64Array(new ArrayBuffer(8));
    check(this.library, what, begin(request));
    const done = [0];
    let since = performance.now();
    for (;;) {
      check(this.library, what, calls.test(request, done, ignore));
      if (done[0]) return;
      signal?.throwIfAborted();
      const waited = performance.now() - since;
      if (idle ? waited > EAGER_MS : waited > TURN_MS) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (!idle) since = performance.now();
      } else await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Views up to this size may lie in V8's own heap, where the garbage collector moves them while MPI still writes. */
const MOVABLE_BYTES = 64;

/** The same bytes where they stay until a call that has begun is done. */
function thatStays(view: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  if (view.byteLength > MOVABLE_BYTES) return bytes;
  const copy = new Uint8Array(new ArrayBuffer(Math.max(view.byteLength, 1)), 0, view.byteLength);
  copy.set(bytes);
  return copy;
}

/** Does something with memory that stays, and puts what it holds then in the place of the view's numbers. */
async function inPlaceThatStays(
  view: ArrayBufferView,
  work: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const bytes = thatStays(view);
  await work(bytes);
  if (bytes.buffer !== view.buffer)
    new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength).set(bytes);
}

function check(library: MpiLibrary, what: string, code: number): void {
  if (code === 0) return;
  const text = Buffer.alloc(2048);
  const length = [0];
  library.calls.errorString(code, text, length);
  throw new LoratError("MPI_CALL", `${what} failed: ${text.toString("utf8", 0, length[0])}`, {
    hint: "another rank or the network between them may be gone; go on from the last checkpoint with --resume",
  });
}
