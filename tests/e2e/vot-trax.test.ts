import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeImage, numberedFrame, squareAt } from "../../packages/lorat/src/testing/clips.ts";
import { openTraxTracker, splitCommand } from "../../packages/lorat/src/trackers/vot/trax-client.ts";

const main = fileURLToPath(new URL("../../packages/lorat/dist/cli/main.js", import.meta.url));
const nano = fileURLToPath(new URL("../../models/nano/model.json", import.meta.url));
const withNano = existsSync(nano);
if (!withNano) console.warn(`skipped: the model nano is not there: ${nano}`);

const FRAMES = 6;
let folder: string;
let images: string[];

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
  folder = await mkdtemp(join(tmpdir(), "lorat-vot-"));
  images = Array.from({ length: FRAMES }, (_, i) => join(folder, `${i}.png`));
  for (const [i, path] of images.entries()) await writeFile(path, await encodeImage(i, "png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lines of a stream, one at a time. */
function lines(stream: NodeJS.ReadableStream): () => Promise<string | undefined> {
  const iterator = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => (await iterator.next()).value;
}

/** The built command line, serving TraX. */
function serve(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, "vot", "trax", "--model", "nano", ...args], {
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  child.stdin.on("error", () => {});
  const status = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    status,
    next: lines(child.stdout),
    send: (line: string) => child.stdin.write(`${line}\n`),
    errors: () => errors,
  };
}

const numbersOf = (line: string | undefined) => {
  const region = /^@@TRAX:state "([^"]+)"/.exec(line ?? "")?.[1];
  return region?.split(",").map(Number);
};

describe.skipIf(!withNano)("lorat vot trax, driven by a client of the public protocol", () => {
  it("shakes hands, tracks, takes every region and image format, and quits", async () => {
    const server = serve();
    const hello = await server.next();
    expect(hello).toMatch(/^@@TRAX:hello /);
    for (const property of ["trax.version=4", "trax.image=path;memory;buffer;", "trax.region=rectangle;"]) {
      expect(hello).toContain(`"${property}"`);
    }
    const { x, y, width, height } = squareAt(0);
    server.send(`@@TRAX:initialize "file://${images[0]}" "${x},${y},${width},${height}" "seed=1"`);
    expect(await server.next()).toBe(`@@TRAX:state "${x},${y},${width},${height}" `);
    for (const image of images.slice(1)) {
      server.send(`some talk\n@@TRAX:frame "file://${image}" "time=0.1"`);
      const reply = await server.next();
      const region = numbersOf(reply)!;
      expect(region).toHaveLength(4);
      expect(region.every(Number.isInteger)).toBe(true);
      expect(reply).toMatch(/"confidence=[01]\.\d+"/);
    }
    const png = (await readFile(images[1]!)).toString("base64");
    const rgb = numberedFrame(2);
    const pixels: number[] = [];
    for (let i = 0; i < rgb.width * rgb.height; i++) {
      for (let c = 0; c < 3; c++) pixels.push(rgb.data[i * rgb.channels + c]!);
    }
    const raw = `image:${rgb.width};${rgb.height};rgb;${Buffer.from(pixels).toString("base64")}`;
    const polygon = `${x},${y},${x + width},${y},${x + width},${y + height},${x},${y + height}`;
    const mask = `mask:${x},${y},${width},${height},0,${width * height}`;
    const seen: (number[] | undefined)[] = [];
    for (const region of [polygon, mask]) {
      server.send(`@@TRAX:initialize "${images[0]}" "${region}"`);
      expect(await server.next()).toBe(`@@TRAX:state "${region}" `);
      for (const image of [`data:image/png;${png}`, raw]) {
        server.send(`@@TRAX:frame "${image}"`);
        seen.push(numbersOf(await server.next()));
      }
    }
    // One and the same start, whatever its form.
    expect(seen[0]).toHaveLength(4);
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
    server.send("@@TRAX:quit");
    expect(await server.status).toBe(0);
  });

  it("tracks several objects as one and gives each the box that it gets alone", async () => {
    const boxes = ["10,10,30,30", "60,50,40,30"];
    const alone: string[] = [];
    const server = serve(["--device", "cpu"]);
    await server.next();
    for (const box of boxes) {
      server.send(`@@TRAX:initialize\n@@TRAX:initialize "${box}"\n@@TRAX:frame "file://${images[0]}"`);
      expect(numbersOf(await server.next())).toEqual(box.split(",").map(Number));
      server.send(`@@TRAX:frame "file://${images[1]}"`);
      alone.push(`${numbersOf(await server.next())}`);
    }
    server.send("@@TRAX:initialize");
    for (const box of boxes) server.send(`@@TRAX:initialize "${box}"`);
    server.send(`@@TRAX:frame "file://${images[0]}"`);
    for (const box of boxes) expect(`${numbersOf(await server.next())}`).toBe(box);
    server.send(`@@TRAX:frame "file://${images[1]}"`);
    for (const box of alone) expect(`${numbersOf(await server.next())}`).toBe(box);
    server.send("@@TRAX:quit");
    expect(await server.status).toBe(0);
  });

  it("waits for a slow client and leaves when it closes early", async () => {
    const slow = serve();
    await slow.next();
    for (const character of `@@TRAX:initialize "${images[0]}" "5,5,20,20"`) {
      slow.child.stdin.write(character);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    slow.send("");
    expect(numbersOf(await slow.next())).toEqual([5, 5, 20, 20]);
    slow.child.stdin.end();
    expect(await slow.status).toBe(0);
    const gone = serve();
    gone.child.stdin.end();
    gone.child.stdout.destroy();
    expect(await gone.status).toBe(0);
    expect(gone.errors()).toBe("");
  });

  it("says why it stops on a message out of place", async () => {
    const server = serve();
    await server.next();
    server.send(`@@TRAX:frame "${images[0]}"`);
    expect(await server.next()).toMatch(/^@@TRAX:quit "trax\.reason=/);
    expect(await server.status).toBe(1);
    expect(server.errors()).toMatch(/error\[TRAX_PROTOCOL\]/);
  });

  it("connects to the port that the toolkit names", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    const { port } = listener.address() as { port: number };
    const connection = new Promise<Socket>((resolve) => listener.once("connection", resolve));
    const server = serve([], { TRAX_SOCKET: `${port}` });
    const socket = await connection;
    const next = lines(socket);
    expect(await next()).toMatch(/^@@TRAX:hello /);
    socket.write(`@@TRAX:initialize "${images[0]}" "5,5,20,20"\n`);
    expect(numbersOf(await next())).toEqual([5, 5, 20, 20]);
    socket.write("@@TRAX:quit\n");
    expect(await server.status).toBe(0);
    listener.close();
  });

  it("is what lorat vot init tells the toolkit to run, and this project's client drives it", async () => {
    const workspace = join(folder, "workspace");
    const init = spawn(process.execPath, [main, "vot", "init", workspace]);
    expect(await new Promise((resolve) => init.once("close", resolve))).toBe(0);
    expect(await readFile(join(workspace, "config.yaml"), "utf8")).toContain("stack: vot2022/shorttermbox");
    const ini = await readFile(join(workspace, "trackers.ini"), "utf8");
    const command = /^command = (.*)$/m.exec(ini)![1]!.replaceAll("%%", "%");
    expect(splitCommand(command)).toContain(main);
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere, { recursive: true });
    for (const socket of [false, true]) {
      const tracker = await openTraxTracker(command, { cwd: elsewhere, socket });
      expect(tracker.name).toBe("LoRAT-nano");
      const box = { x: 10, y: 10, width: 30, height: 30 };
      expect((await tracker.start(images[0]!, box)).box).toEqual(box);
      const { box: found, score } = await tracker.track(images[1]!);
      expect(found.width).toBeGreaterThan(0);
      expect(score).toBeGreaterThanOrEqual(0);
      await tracker.quit();
    }
    const again = spawn(process.execPath, [main, "vot", "init", workspace]);
    expect(await new Promise((resolve) => again.once("close", resolve))).toBe(1);
  });

  it("runs over a folder", async () => {
    const run = join(folder, "run");
    await mkdir(run);
    await writeFile(join(run, "frames_color.txt"), `${images.join("\n")}\n`);
    await writeFile(join(run, "query_obj0.txt"), "0\n10,10,30,30\n");
    await writeFile(join(run, "query_obj1.txt"), "2\n60,50,40,30\n");
    const child = spawn(process.execPath, [main, "vot", "folder", "--model", "nano"], { cwd: run });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    for (const [id, first] of [
      ["obj0", 0],
      ["obj1", 2],
    ] as const) {
      const rows = (await readFile(join(run, `output_${id}.txt`), "utf8")).trim().split("\n");
      expect(rows).toHaveLength(FRAMES);
      expect(rows.map((row) => row !== "0")).toEqual(images.map((_, i) => i >= first));
    }
  });
});
