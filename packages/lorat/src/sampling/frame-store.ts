import type { Frame } from "@lorat/core";
import { type Colour, imageMean } from "@lorat/core/geometry";
import { decodePicture } from "../media/decode-picture.ts";

/**
 * Decodes one picture of a dataset to RGB at its own size. Throws `DATA_IMAGE`, naming the file, for one that is missing, damaged
 * or cut short; lesser faults that the decoder reports are ignored.
 */
export async function readFrame(path: string): Promise<Frame> {
  const { width, height, channels, data } = await decodePicture(path, {
    code: "DATA_IMAGE",
    failOn: "error",
  });
  return { width, height, channels, data };
}

/** A decoded picture together with what sampling asks of it again and again. */
export interface Picture extends Frame {
  /** Mean of each channel, 0..255: the padding colour of its crops. */
  readonly mean: Colour;
  /** Pixels here per pixel of the file, horizontally and vertically; boxes of the file are multiplied by it. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Memory that all workers of a loader decode into: plain data, so that it can be posted to them. */
export interface SharedPictures {
  /** Absolute paths; a picture is asked for by its position here. */
  readonly files: readonly string[];
  /** Longer side after decoding, pixels; smaller files keep their size. */
  readonly maxSidePx: number;
  readonly slabs: readonly SharedArrayBuffer[];
  /** `[files, 6]` int32: state, slab, offset, width, height, channels. */
  readonly table: SharedArrayBuffer;
  /** `[files, 5]` float64: mean R, G, B, scale x, scale y. */
  readonly facts: SharedArrayBuffer;
  /** int32 of one: next free 64-byte unit over all slabs. */
  readonly cursor: SharedArrayBuffer;
}

const SLAB_BYTES = 256 * 2 ** 20;
const UNIT = 64;
const FIELDS = 6;
const FACTS = 5;
const EMPTY = 0;
const WRITING = 1;
const READY = 2;

/** Reserves the shared memory for up to `budgetBytes` of decoded pictures; pages are only used once they are written. */
export function sharePictures(
  files: readonly string[],
  budgetBytes: number,
  maxSidePx: number,
): SharedPictures {
  const slabs: SharedArrayBuffer[] = [];
  for (let left = budgetBytes; left > 0; left -= SLAB_BYTES) {
    slabs.push(new SharedArrayBuffer(Math.min(SLAB_BYTES, Math.ceil(left / UNIT) * UNIT)));
  }
  return {
    files,
    maxSidePx,
    slabs,
    table: new SharedArrayBuffer(Math.max(files.length, 1) * FIELDS * 4),
    facts: new SharedArrayBuffer(Math.max(files.length, 1) * FACTS * 8),
    cursor: new SharedArrayBuffer(4),
  };
}

/**
 * Decodes pictures, each once for all workers: decoded bytes stay in shared memory until its budget is used up, and what
 * came later than that is decoded whenever it is asked for. Random access gains nothing from evicting.
 */
export class FrameStore {
  readonly #shared: SharedPictures;
  readonly #table: Int32Array;
  readonly #facts: Float64Array;
  readonly #cursor: Int32Array;
  readonly #pending = new Map<number, Promise<Picture>>();
  #decoded = 0;

  constructor(shared: SharedPictures) {
    this.#shared = shared;
    this.#table = new Int32Array(shared.table);
    this.#facts = new Float64Array(shared.facts);
    this.#cursor = new Int32Array(shared.cursor);
  }

  /** Files decoded by this store so far. */
  get decoded(): number {
    return this.#decoded;
  }

  /** The picture of one file. Rejects with `DATA_IMAGE`, naming the file, when it cannot be decoded. */
  get(file: number): Picture | Promise<Picture> {
    if (Atomics.load(this.#table, file * FIELDS) === READY) return this.#view(file);
    const pending = this.#pending.get(file);
    if (pending) return pending;
    const decoding = this.#decode(file).finally(() => this.#pending.delete(file));
    this.#pending.set(file, decoding);
    return decoding;
  }

  #view(file: number): Picture {
    const [, slab, offset, width, height, channels] = this.#table.subarray(
      file * FIELDS,
      (file + 1) * FIELDS,
    );
    const facts = this.#facts.subarray(file * FACTS, (file + 1) * FACTS);
    return {
      width: width!,
      height: height!,
      channels: channels as 3 | 4,
      data: new Uint8Array(this.#shared.slabs[slab!]!, offset!, width! * height! * channels!),
      mean: [facts[0]!, facts[1]!, facts[2]!],
      scaleX: facts[3]!,
      scaleY: facts[4]!,
    };
  }

  async #decode(file: number): Promise<Picture> {
    const picture = await readPicture(this.#shared.files[file]!, this.#shared.maxSidePx);
    this.#decoded++;
    const row = file * FIELDS;
    if (Atomics.compareExchange(this.#table, row, EMPTY, WRITING) !== EMPTY) return picture;
    const place = this.#reserve(picture.data.length);
    // Left at WRITING when there is no room, so that nobody tries again.
    if (!place) return picture;
    new Uint8Array(this.#shared.slabs[place.slab]!, place.offset, picture.data.length).set(picture.data);
    this.#table.set([place.slab, place.offset, picture.width, picture.height, picture.channels], row + 1);
    this.#facts.set([...picture.mean, picture.scaleX, picture.scaleY], file * FACTS);
    Atomics.store(this.#table, row, READY);
    return this.#view(file);
  }

  #reserve(bytes: number): { slab: number; offset: number } | undefined {
    const units = Math.ceil(bytes / UNIT);
    const perSlab = SLAB_BYTES / UNIT;
    for (;;) {
      const cursor = Atomics.load(this.#cursor, 0);
      const left = perSlab - (cursor % perSlab);
      const start = units <= left ? cursor : cursor + left;
      const slab = Math.floor(start / perSlab);
      const offset = (start % perSlab) * UNIT;
      const memory = this.#shared.slabs[slab];
      if (!memory || offset + bytes > memory.byteLength) return undefined;
      if (Atomics.compareExchange(this.#cursor, 0, cursor, start + units) === cursor) return { slab, offset };
    }
  }
}

/** Decodes one file to RGB (RGBA where it has transparency), its longer side at most `maxSidePx`. Throws `DATA_IMAGE`. */
export async function readPicture(path: string, maxSidePx: number): Promise<Picture> {
  const { width, height, channels, data, fileWidth, fileHeight } = await decodePicture(path, {
    code: "DATA_IMAGE",
    hint: "Replace or remove the file; JPEG, PNG and WebP are read.",
    colourProfile: true,
    alpha: true,
    maxSidePx,
  });
  const mean = imageMean({ width, height, channels, data });
  return { width, height, channels, data, mean, scaleX: width / fileWidth, scaleY: height / fileHeight };
}
