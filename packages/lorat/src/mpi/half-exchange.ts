import {
  add,
  cast,
  div,
  float32,
  Graph,
  mul,
  reduceSum,
  Session,
  scalar,
  sub,
  type Tensor,
  type Value,
} from "@lorat/graph";
import { BUCKET, type Communicator } from "./communicator.ts";

/** Largest sum in halves: half of what they hold, so that rounding cannot overflow. */
const LARGEST = 32768;

/** What one bucket of a certain length is worked on with. */
interface Bucket {
  /** `[length]`: what rounding lost here so far. */
  readonly lost: Float32Array;
  /** `[length / ranks]`: what rounding of the sum that this rank makes lost so far. */
  readonly lostOfSum: Float32Array;
  readonly compress: Session;
  readonly combine: Session;
  readonly expand: Session;
}

/**
 * Sums in half precision on the way: half the bytes. Every rank sums one part of each bucket, in single precision. What
 * rounding loses is added to the next numbers (error feedback), so that it arrives later instead of never. Each bucket is
 * scaled by a power of two to the range of halves; one with numbers that are not finite goes in single precision.
 */
export class HalfExchange {
  readonly #communicator: Communicator;
  readonly #buckets = new Map<number, Promise<Bucket>>();

  constructor(communicator: Communicator) {
    this.#communicator = communicator;
  }

  /** Puts the sum over all ranks in the place of each number; of the same length at every call. */
  async sum(values: Float32Array): Promise<void> {
    const { size } = this.#communicator;
    for (let at = 0; at < values.length; at += BUCKET) {
      const part = values.subarray(at, at + BUCKET);
      const length = Math.ceil(part.length / size) * size;
      let bucket = this.#buckets.get(at);
      if (!bucket) {
        bucket = createBucket(length, size);
        this.#buckets.set(at, bucket);
      }
      await this.#sumPart(part, length, await bucket);
    }
  }

  async #sumPart(part: Float32Array, length: number, bucket: Bucket): Promise<void> {
    const { lost, lostOfSum, compress, combine, expand } = bucket;
    const { size } = this.#communicator;
    const largest = Float64Array.of(largestOf(part, lost));
    await this.#communicator.sum(largest);
    if (!Number.isFinite(largest[0]!)) return this.#communicator.sum(part);
    const factor = scalar(largest[0]! > 0 ? 2 ** Math.floor(Math.log2(LARGEST / largest[0]!)) : 1);
    const values = new Float32Array(length);
    values.set(part);
    const { half, rest } = await compress.compute({
      values: float32(values, [length]),
      lost: float32(lost, [length]),
      factor,
    });
    lost.set(rest!.data as Float32Array);
    const parts = await this.#communicator.exchange(bytesOfHalf(half!));
    const own = length / size;
    const combined = await combine.compute({
      parts: { dtype: "float16", data: halves(parts), shape: [size, own] },
      lost: float32(lostOfSum, [own]),
      factor,
    });
    lostOfSum.set(combined.rest!.data as Float32Array);
    const sums = await this.#communicator.gather(bytesOfHalf(combined.half!));
    const { sum } = await expand.compute({
      half: { dtype: "float16", data: halves(sums), shape: [length] },
      factor,
    });
    part.set((sum!.data as Float32Array).subarray(0, part.length));
  }
}

async function createBucket(length: number, ranks: number): Promise<Bucket> {
  const options = { device: "cpu", purpose: "training" } as const;
  const own = length / ranks;
  const first = new Graph();
  const total = add(first.input("values", [length]), first.input("lost", [length]));
  const second = new Graph();
  const factor = second.input("factor", []);
  const parts = cast(second.input("parts", [ranks, own], "float16"), "float32");
  const sum = add(div(reduceSum(parts, [0]), factor), second.input("lost", [own]));
  const third = new Graph();
  const back = div(cast(third.input("half", [length], "float16"), "float32"), third.input("factor", []));
  return {
    lost: new Float32Array(length),
    lostOfSum: new Float32Array(own),
    compress: await Session.create(rounded(total, first.input("factor", [])), options),
    combine: await Session.create(rounded(sum, factor), options),
    expand: await Session.create({ sum: back }, options),
  };
}

/** A value as scaled halves, and what they leave of it. */
function rounded(value: Value, factor: Value): Record<string, Value> {
  const half = cast(mul(value, factor), "float16");
  return { half, rest: sub(value, div(cast(half, "float32"), factor)) };
}

function largestOf(values: Float32Array, lost: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]! + lost[i]!);
    // Also true for what is no number, which then stays.
    if (!(size <= largest)) largest = size;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}

function bytesOfHalf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / 2);
}
