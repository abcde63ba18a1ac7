import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "@lorat/core";
import { describe, expect, it } from "vitest";
import { withFolder } from "../testing/clips.ts";
import { openTrackerModule } from "./tracker-module.ts";
import { identifyTracker, parseTracker } from "./tracker-spec.ts";

const frame: Frame = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) };
const box = { x: 1, y: 2, width: 3, height: 4 };

describe("parseTracker", () => {
  it("tells peers, modules and commands apart", () => {
    const device = "cpu" as const;
    expect(parseTracker("nanotrack:/models", { device })).toEqual({
      kind: "nanotrack",
      folder: "/models",
      version: "v3",
      device,
    });
    expect(parseTracker("nanotrack-v2:/models", { device })).toMatchObject({ version: "v2" });
    for (const path of ["./mine.ts", "mine.mjs", "a/b.js"]) {
      expect(parseTracker(path, { device })).toEqual({ kind: "module", path });
    }
    for (const command of ["./tracker", "node tracker.js", "'my tracker.sh' --fast"]) {
      expect(parseTracker(command, { device })).toEqual({ kind: "command", command });
    }
    expect(() => parseTracker("'open", { device })).toThrow("not closed");
  });
});

describe("identifyTracker", () => {
  it("changes with a module's text and a command's words", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "mine.ts");
      const print = async (text: string) => {
        await writeFile(path, text);
        return (await identifyTracker({ kind: "module", path })).fingerprint;
      };
      const [a, b, again] = [await print("1"), await print("2"), await print("1")];
      expect(a).toBe(again);
      expect(a).not.toBe(b);
      await expect(identifyTracker({ kind: "module", path: `${path}x` })).rejects.toMatchObject({
        code: "TRACKER_MODULE",
      });
    });
    const command = (text: string) => identifyTracker({ kind: "command", command: text });
    expect(await command("a  b")).toMatchObject({
      name: "a",
      fingerprint: (await command("a b")).fingerprint,
    });
    expect((await command("a c")).fingerprint).not.toBe((await command("a b")).fingerprint);
  });

  it("reads the weights of a model", async () => {
    const one = await identifyTracker({ kind: "model", model: "nano", device: "cpu" });
    expect(one).toMatchObject({ name: "nano", kind: "model", source: "nano", device: "cpu" });
    await expect(identifyTracker({ kind: "model", model: "none", device: "cpu" })).rejects.toMatchObject({
      code: "MODEL_UNKNOWN",
    });
  });
});

describe("openTrackerModule", () => {
  const open = (text: string, name = "mine.ts") =>
    withFolder(async (folder) => {
      const path = join(folder, name);
      await writeFile(path, text);
      const tracker = await openTrackerModule(path);
      const follower = await tracker.start(frame, box);
      const answer = await follower.track(frame);
      await follower.dispose();
      return answer;
    });

  it("takes functions by name, an object, and a function that makes one", async () => {
    const members = "init(f, b) { this.b = b; }, update(f) { return { box: this.b, score: f.width / 4 }; }";
    expect(
      await open("let b: object; export function init(f, x) { b = x; } export const update = () => b;"),
    ).toEqual({ box });
    expect(await open(`export default { ${members} };`, "a.mjs")).toEqual({ box, score: 0.5 });
    expect(await open(`export default async () => ({ ${members} });`, "b.js")).toEqual({ box, score: 0.5 });
  });

  it("says what is missing, what failed and what was no box", async () => {
    const code = "TRACKER_MODULE";
    await expect(open("export const start = 1;")).rejects.toMatchObject({
      code,
      message: expect.stringContaining("it exports start"),
    });
    await expect(open("export default () => 5;")).rejects.toMatchObject({ code });
    await expect(open("syntax error here")).rejects.toMatchObject({ code });
    await expect(
      open("export function init() {} export function update() { throw new Error('boom'); }"),
    ).rejects.toMatchObject({ code, message: expect.stringContaining("update failed: boom") });
    for (const answer of ["undefined", "[1, 2, 3, 4]", "{ x: 1 }", "{ box: null }"]) {
      await expect(
        open(`export function init() {} export function update() { return ${answer}; }`),
      ).rejects.toMatchObject({ code, message: expect.stringContaining("update has to give") });
    }
  });
});
