import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDriftTracker } from "../../testing/drift-tracker.ts";
import { TraxChannel } from "./trax-channel.ts";
import type { TraxMessage } from "./trax-message.ts";
import { serveTrax } from "./trax-server.ts";

let folder: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-trax-"));
  image = `file://${join(folder, "1.png")}`;
  await sharp({ create: { width: 64, height: 48, channels: 3, background: "grey" } })
    .png()
    .toFile(join(folder, "1.png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A served tracker and the client's ends of its streams. */
function session(multiObject = true) {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const tracker = createDriftTracker();
  const ended = serveTrax(tracker, new TraxChannel(toServer, toClient), { name: "drift", multiObject });
  ended.catch(() => {}); // expected below
  return { tracker, ended, toServer, client: new TraxChannel(toClient, toServer) };
}

async function answers(client: TraxChannel, count: number): Promise<(TraxMessage | undefined)[]> {
  const messages: (TraxMessage | undefined)[] = [];
  for (let i = 0; i < count; i++) messages.push(await client.next());
  return messages;
}

const regions = (messages: (TraxMessage | undefined)[]) => messages.map((message) => message?.args[0]);

describe("a tracker served over TraX", () => {
  it("says what it can", async () => {
    const { client, ended } = session();
    const hello = await client.next();
    expect(hello).toMatchObject({
      type: "hello",
      properties: {
        "trax.version": "4",
        "trax.name": "drift",
        "trax.image": "path;memory;buffer;",
        "trax.region": "rectangle;",
        "trax.channels": "color;",
        "trax.multiobject": "1",
      },
    });
    await client.send("quit");
    expect(await ended).toBe("quit");
    const single = session(false);
    expect((await single.client.next())?.properties).not.toHaveProperty("trax.multiobject");
    await single.client.send("quit");
    await single.ended;
  });

  it("tracks one object of the old protocol and starts anew", async () => {
    const { client, ended, tracker } = session();
    await client.next();
    await client.send("initialize", [image, "10.5,10,20,8"]);
    await client.send("frame", [image], { anything: "goes" });
    await client.send("frame", [image]);
    const [acknowledged, first, second] = await answers(client, 3);
    expect(acknowledged).toEqual({ type: "state", args: ["10.5,10,20,8"], properties: {} });
    // The box [11.5, 11, 31.5, 19] in whole pixels.
    expect(first).toMatchObject({ args: ["11.0000,11.0000,21.0000,8.0000"] });
    expect(first?.properties).toEqual({ confidence: "0.500000" });
    expect(regions([second])).toEqual(["12.0000,12.0000,21.0000,8.0000"]);
    await client.send("initialize", [image, "0,0,5,5"]);
    await client.send("frame", [image]);
    expect(regions(await answers(client, 2))).toEqual(["0,0,5,5", "1.0000,1.0000,5.0000,5.0000"]);
    await client.send("quit");
    expect(await ended).toBe("quit");
    expect(tracker.disposed).toBe(2);
  });

  it("tracks several objects of version 4, added later and forgotten together", async () => {
    const { client, ended } = session();
    await client.next();
    await client.send("initialize", ["0,0,4,4"]);
    await client.send("initialize", ["m10,10,2,2,0,4"]);
    await client.send("frame", [image]);
    expect(regions(await answers(client, 2))).toEqual(["0,0,4,4", "m10,10,2,2,0,4"]);
    await client.send("initialize", ["20,20,6,6,30,30"]);
    await client.send("frame", [image]);
    const three = await answers(client, 3);
    expect(regions(three)).toEqual([
      "1.0000,1.0000,4.0000,4.0000",
      "11.0000,11.0000,2.0000,2.0000",
      "20,20,6,6,30,30",
    ]);
    expect(three[0]?.properties).toEqual({});
    await client.send("initialize");
    await client.send("initialize", ["5,5,4,4"]);
    await client.send("frame", [image]);
    expect(regions(await answers(client, 1))).toEqual(["5,5,4,4"]);
    await client.send("quit");
    expect(await ended).toBe("quit");
  });

  it("waits for a client that sends byte by byte", async () => {
    const { client, ended, toServer } = session();
    await client.next();
    const text = `chatter\n@@TRAX:initialize "${image}" "1,1,5,5"\r\n@@TRAX:frame "${image}"\n@@TRAX:quit\n`;
    for (const byte of Buffer.from(text)) {
      toServer.write(Uint8Array.of(byte));
      if (byte === 10) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(regions(await answers(client, 2))).toEqual(["1,1,5,5", "2.0000,2.0000,5.0000,5.0000"]);
    expect(await ended).toBe("quit");
  });

  it("ends quietly when the client closes early", async () => {
    const before = session();
    await before.client.next();
    before.toServer.end();
    expect(await before.ended).toBe("closed");
    const between = session();
    await between.client.next();
    await between.client.send("initialize", [image, "1,1,5,5"]);
    await between.client.next();
    between.toServer.write('@@TRAX:frame "half a mess');
    between.toServer.destroy();
    await expect(between.ended).rejects.toMatchObject({ code: "TRAX_PROTOCOL" });
    expect(between.tracker.disposed).toBe(1);
  });

  it("names the reason and quits on what is out of place", async () => {
    const cases: [(client: TraxChannel) => Promise<void>, string][] = [
      [(client) => client.send("frame", [image]), "TRAX_PROTOCOL"],
      [(client) => client.send("hello"), "TRAX_PROTOCOL"],
      [(client) => client.send("state", ["1,2,3,4"]), "TRAX_PROTOCOL"],
      [(client) => client.send("initialize", [image, "1,2,3,4", "5"]), "TRAX_PROTOCOL"],
      [(client) => client.send("initialize", [image, "0"]), "TRAX_PROTOCOL"],
      [(client) => client.send("initialize", [image, "1,1,0,5"]), "TRAX_PROTOCOL"],
      [(client) => client.send("initialize", [image, "1,1"]), "REGION_MALFORMED"],
      [(client) => client.send("initialize", ["http://a/1.jpg", "1,1,5,5"]), "TRAX_IMAGE"],
      [(client) => client.send("initialize", [`${image}.none`, "1,1,5,5"]), "IMAGE_DECODE_FAILED"],
    ];
    for (const [act, code] of cases) {
      const { client, ended } = session();
      await client.next();
      await act(client);
      const quit = await client.next();
      expect(quit?.type).toBe("quit");
      expect(quit?.properties["trax.reason"]).toBeTruthy();
      await expect(ended).rejects.toMatchObject({ code });
    }
    const raw = session();
    await raw.client.next();
    raw.toServer.write('@@TRAX:frame "a\n');
    expect((await raw.client.next())?.type).toBe("quit");
    await expect(raw.ended).rejects.toMatchObject({ code: "TRAX_PROTOCOL" });
    const single = session(false);
    await single.client.next();
    await single.client.send("initialize", ["1,1,5,5"]);
    await single.client.send("initialize", ["2,2,5,5"]);
    await expect(single.ended).rejects.toMatchObject({ code: "TRAX_PROTOCOL" });
  });
});
