import type { Box, Frame, Target, Tracker } from "@lorat/core";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { formatRegion, parseRegion, regionBox, reportedBox } from "./region.ts";
import type { TraxChannel } from "./trax-channel.ts";
import { decodeTraxImage, TRAX_IMAGES } from "./trax-image.ts";
import type { TraxMessage } from "./trax-message.ts";

/** Runs a tracker once from start to box on a grey frame. */
export async function warmUp(tracker: Tracker): Promise<void> {
  const [width, height] = [160, 120];
  const grey: Frame = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(127) };
  const target = await tracker.start(grey, { x: 60, y: 40, width: 40, height: 40 });
  try {
    await target.track(grey);
  } finally {
    target.dispose();
  }
}

export interface TraxServerOptions {
  /** Name that the client shows. */
  readonly name: string;
  readonly identifier?: string;
  /** Offer several objects a session (version 4 of the protocol); default: true. */
  readonly multiObject?: boolean;
}

/** How a session ended: the client said so, or closed its side. */
export type TraxSessionEnd = "quit" | "closed";

/**
 * Serves a tracker to one TraX client until it quits or closes. The tracker is expected to be warm: `hello` is sent at once.
 *
 * Both ways of starting objects are understood: `initialize IMAGE REGION` of versions 1 to 3, and version 4's `initialize REGION`
 * for each object before the `frame` that shows them, where an empty `initialize` forgets the objects of before. Start regions are
 * acknowledged as they came; boxes are reported as whole pixels (specification 5.5), with a `confidence` while one object is
 * tracked. On a message out of place, an unreadable image or a failing tracker the client is told the reason in a `quit`, and
 * the error is thrown: `TRAX_PROTOCOL`, `REGION_MALFORMED`, `TRAX_IMAGE`, `IMAGE_DECODE_FAILED`, or the tracker's own.
 */
export async function serveTrax(
  tracker: Tracker,
  channel: TraxChannel,
  options: TraxServerOptions,
): Promise<TraxSessionEnd> {
  const { multiObject = true } = options;
  await channel.send("hello", [], {
    "trax.version": "4",
    "trax.name": options.name,
    ...(options.identifier && { "trax.identifier": options.identifier }),
    "trax.description": "Low-rank adaptation of a vision transformer for visual tracking",
    "trax.family": "LoRAT",
    "trax.image": TRAX_IMAGES.map((format) => `${format};`).join(""),
    "trax.region": "rectangle;",
    "trax.channels": "color;",
    ...(multiObject && { "trax.multiobject": "1" }),
  });
  const session = new Session(tracker, channel, multiObject);
  try {
    for (;;) {
      const message = await channel.next();
      if (!message) return "closed";
      if (message.type === "quit") return "quit";
      await session.answer(message);
    }
  } catch (error) {
    await channel.send("quit", [], { "trax.reason": (error as Error).message });
    throw error;
  } finally {
    session.forget();
  }
}

class Session {
  readonly #tracker: Tracker;
  readonly #channel: TraxChannel;
  readonly #multiObject: boolean;
  #targets: Target[] = [];
  /** Objects announced, to be started on the next frame. */
  #pending: string[] = [];
  #frames = 0;

  constructor(tracker: Tracker, channel: TraxChannel, multiObject: boolean) {
    this.#tracker = tracker;
    this.#channel = channel;
    this.#multiObject = multiObject;
  }

  async answer(message: TraxMessage): Promise<void> {
    const { type, args } = message;
    if (type === "initialize" && args.length === 0) {
      this.forget();
    } else if (type === "initialize" && args.length === 1) {
      this.#pending.push(args[0]!);
      if (!this.#multiObject && this.#targets.length + this.#pending.length > 1) {
        throw new LoratError("TRAX_PROTOCOL", "one object a session was offered, another one was sent");
      }
    } else if (type === "initialize" && args.length === 2) {
      this.forget();
      this.#pending.push(args[1]!);
      await this.#frame(args[0]!);
    } else if (type === "frame" && args.length === 1) {
      await this.#frame(args[0]!);
    } else {
      throw new LoratError(
        "TRAX_PROTOCOL",
        `a client's "${type}" with ${args.length} arguments is not expected here`,
      );
    }
  }

  /** Lets go of all objects. */
  forget(): void {
    for (const target of this.#targets) target.dispose();
    this.#targets = [];
    this.#pending = [];
  }

  async #frame(image: string): Promise<void> {
    if (this.#targets.length + this.#pending.length === 0) {
      throw new LoratError("TRAX_PROTOCOL", "a frame came before any object");
    }
    const frame = await decodeTraxImage(image, this.#frames++);
    const tracked = await this.#tracker.trackAll(frame, this.#targets);
    const replies = tracked.map(({ raw, score }) => ({
      region: formatRegion({ kind: "rectangle", box: reportedBox(raw.box) }),
      score,
    }));
    const acknowledged = this.#pending;
    this.#pending = [];
    for (const text of acknowledged) this.#targets.push(await this.#start(frame, text));
    const withScore = replies.length === 1 && acknowledged.length === 0;
    for (const { region, score } of replies) {
      await this.#channel.send("state", [region], withScore ? { confidence: score.toFixed(6) } : {});
    }
    for (const region of acknowledged) await this.#channel.send("state", [region]);
  }

  async #start(frame: Frame, text: string): Promise<Target> {
    const box: Box | undefined = regionBox(parseRegion(text));
    if (!box || !isValidBox(toCorners(box))) {
      throw new LoratError("TRAX_PROTOCOL", `an object needs a region with a size, got ${text.slice(0, 60)}`);
    }
    return this.#tracker.start(frame, box);
  }
}
