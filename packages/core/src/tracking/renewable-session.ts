import {
  type Feeds,
  LoratError,
  type Session,
  type SessionOptions,
  type Tensor,
  type Value,
} from "@lorat/graph";

/** The part of a session that a network runs on. */
export type RunnableSession = Pick<Session, "compute" | "dispose">;

/** Makes the sessions of a network; `Session.create` is one. */
export type CreateSession = (
  outputs: Readonly<Record<string, Value>>,
  options: SessionOptions,
) => Promise<RunnableSession>;

/** A session whose device may fail once: the run is repeated on a fresh session, made the same way. */
export class RenewableSession {
  readonly #make: () => Promise<RunnableSession>;
  #session: Promise<RunnableSession>;

  constructor(make: () => Promise<RunnableSession>) {
    this.#make = make;
    this.#session = make();
  }

  /** Settles when the session is made; throws what making it throws. */
  async ready(): Promise<void> {
    await this.#session;
  }

  /** Runs the session. Throws `DEVICE_LOST` when a fresh session fails as well, and `SESSION_FEED`. */
  async compute(feeds: Feeds): Promise<Record<string, Tensor>> {
    const session = this.#session;
    try {
      return await (await session).compute(feeds);
    } catch (cause) {
      if (!(cause instanceof LoratError && cause.code === "SESSION_RUN")) throw cause;
      return this.#computeAgain(session, feeds);
    }
  }

  async dispose(): Promise<void> {
    const session = await this.#session.catch(() => undefined);
    await session?.dispose();
  }

  async #computeAgain(failed: Promise<RunnableSession>, feeds: Feeds): Promise<Record<string, Tensor>> {
    try {
      if (this.#session === failed) {
        this.#session = this.#make();
        await (await failed).dispose().catch(() => undefined); // a lost device may not even let go
      }
      return await (await this.#session).compute(feeds);
    } catch (cause) {
      throw new LoratError(
        "DEVICE_LOST",
        `the device failed, and failed again on a fresh session: ${(cause as Error).message}`,
        {
          hint: "What was tracked so far is kept; load the tracker again, on another device if it goes on.",
          cause,
        },
      );
    }
  }
}
