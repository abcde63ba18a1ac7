import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMANDS } from "./commands.ts";
import { allShapes } from "./completion.ts";
import { SHELLS } from "./completion-scripts.ts";

const shapes = await allShapes(COMMANDS);
const folder = mkdtempSync(join(tmpdir(), "lorat-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "clip.mp4"), "");

const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

/** What each shell offers for a command line that ends at the cursor, by the shell itself. */
const offers: Record<"bash" | "fish", (line: string) => string[]> = {
  bash(line) {
    const words = line.split(" ");
    const list = words.map((word) => `'${word}'`).join(" ");
    const script = `${SHELLS.bash(shapes)}
COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _lorat; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8", cwd: folder }));
  },
  fish(line) {
    const path = join(folder, "lorat.fish");
    writeFileSync(path, SHELLS.fish(shapes));
    const script = `source ${path}; complete -C '${line}'`;
    return lines(execFileSync("fish", ["--no-config", "-c", script], { encoding: "utf8", cwd: folder })).map(
      (offer) => offer.split("\t")[0]!,
    );
  },
};

function lines(text: string): string[] {
  return text.split("\n").filter(Boolean);
}

const shells = ["bash", "fish"] as const;
describe.each(shells)("%s", (shell) => {
  const missing = !has(shell);
  if (missing) console.warn(`skipped: ${shell} is not installed`);

  it.skipIf(missing)("completes commands, options, choices and files", () => {
    const offer = offers[shell];
    expect(offer("lorat tr")).toEqual(["track", "train"]);
    expect(offer("lorat runs ")).toEqual(expect.arrayContaining(["show", "list", "export"]));
    expect(offer("lorat track clip.mp4 --prec")).toEqual(["--precision"]);
    expect(offer("lorat track --device ").sort()).toEqual(["auto", "cpu", "cuda", "wasm", "webgpu"]);
    expect(offer("lorat runs show --")).toEqual(expect.arrayContaining(["--html", "--smooth"]));
    expect(offer("lorat runs show --")).not.toContain("--device");
    expect(offer("lorat track --out cl")).toEqual(["clip.mp4"]);
  });
});

it.skipIf(!has("zsh"))("zsh takes the script", () => {
  const path = join(folder, "_lorat");
  writeFileSync(path, SHELLS.zsh(shapes));
  expect(spawnSync("zsh", ["-n", path], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});
if (!has("zsh")) console.warn("skipped: zsh is not installed");
