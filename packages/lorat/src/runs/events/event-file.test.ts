import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c, encodeEvent, frameRecord } from "./event.ts";
import { EventFile } from "./event-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-events-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The messages of a TFRecord file, its checksums verified as its readers do. */
function messages(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unmasked = (offset: number) => {
    const rotated = (view.getUint32(offset, true) - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(at + 8)).toBe(crc32c(bytes.subarray(at, at + 8)));
    const message = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(at + 12 + length)).toBe(crc32c(message));
    found.push(message);
    at += length + 16;
  }
  return found;
}

/** Step and what else of a message a test asks about; nested messages as field numbers and raw values. */
function read(message: Uint8Array) {
  const reader = new BinaryReader(message);
  const result: { step: number; version?: string; session?: number; scalars: Record<string, number> } = {
    step: 0,
    scalars: {},
  };
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) expect(Math.abs(reader.double() - Date.now() / 1000)).toBeLessThan(60);
    else if (field === 2) result.step = Number(reader.int64());
    else if (field === 3) result.version = reader.string();
    else if (field === 5) readSummary(reader.bytes(), result.scalars);
    else if (field === 7) result.session = reader.bytes()[1]!;
  }
  return result;
}

function readSummary(bytes: Uint8Array, scalars: Record<string, number>) {
  const summary = new BinaryReader(bytes);
  while (summary.pos < summary.len) {
    expect(summary.tag()[0]).toBe(1);
    const value = new BinaryReader(summary.bytes());
    let tag = "";
    while (value.pos < value.len) {
      const [field] = value.tag();
      if (field === 1) tag = value.string();
      else scalars[tag] = value.float();
    }
  }
}

describe("event files", () => {
  it("hold a version, scalars and, where a run goes on, a session start", async () => {
    const first = new EventFile(folder);
    first.add(1, [
      { tag: "loss", value: 0.5 },
      { tag: "lr", value: Number.NaN },
    ]);
    first.add(2, [{ tag: "loss", value: 0.25 }]);
    first.flush();
    const second = new EventFile(folder);
    second.restart(1);
    second.add(2, [{ tag: "loss", value: 0.125 }]);
    second.flush();
    const names = (await readdir(folder)).sort();
    const files = await Promise.all(names.map(async (name) => messages(await readFile(join(folder, name)))));
    expect(files.map((file) => file.map(read))).toEqual([
      [
        { step: 0, version: "brain.Event:2", scalars: {} },
        { step: 1, scalars: { loss: 0.5 } },
        { step: 2, scalars: { loss: 0.25 } },
      ],
      [
        { step: 0, version: "brain.Event:2", scalars: {} },
        { step: 2, session: 1, scalars: {} },
        { step: 2, scalars: { loss: 0.125 } },
      ],
    ]);
  });

  it("writes nothing for a run that reported nothing", async () => {
    const events = new EventFile(join(folder, "none"));
    events.restart(0);
    events.flush();
    expect(await readdir(folder)).toEqual([]);
  });

  // Made by hand from the field numbers of event.proto and the TFRecord format; TensorBoard 2.21 reads these bytes as
  // file version `brain.Event:2` at second 1.
  it("writes the bytes that TensorBoard reads", () => {
    const message = encodeEvent(1, 0, { fileVersion: "brain.Event:2" });
    expect(Buffer.from(message).toString("hex")).toBe(
      `09000000000000f03f1a0d${Buffer.from("brain.Event:2").toString("hex")}`,
    );
    expect(frameRecord(message).length).toBe(message.length + 16);
  });
});
