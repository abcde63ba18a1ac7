import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import { encodeSafetensors, stateDictOf } from "@lorat/core/weights";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { runCommandLine } from "../../cli/program.ts";
import { filled } from "../../testing/model-weights.ts";
import { fileAnswer, type Host, openHost } from "../../testing/weights-host.ts";

let root = "";
let host: Host;
const before = process.env.LORAT_CACHE;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lorat-cache-"));
  process.env.LORAT_CACHE = root;
  host = await openHost();
  const weights = filled(stateDictOf(parametersOf(mergedConfig(variantNamed("nano-patch")))));
  host.routes.set("/own.bin", fileAnswer(Buffer.from(await encodeSafetensors(weights))));
});
afterAll(async () => {
  if (before === undefined) delete process.env.LORAT_CACHE;
  else process.env.LORAT_CACHE = before;
  await host.close();
  await rm(root, { recursive: true, force: true });
});
afterEach(() => vi.restoreAllMocks());

/** Runs the command line with what it prints caught. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  process.exitCode = 0;
  const status = await runCommandLine(args);
  process.exitCode = 0;
  vi.restoreAllMocks();
  return { status, out: out.join(""), err: err.join("") };
}

it("lists, checks and removes what pull has brought", async () => {
  expect(await run("cache", "ls")).toMatchObject({ status: 0, out: `nothing in ${root}\n` });
  const pulled = await run("pull", `${host.url}/own.bin`);
  expect([pulled.status, pulled.out], pulled.err).toEqual([0, `${join(root, "models", "own")}\n`]);
  await writeFile(join(root, "files", "big.bin.part"), "begun");
  await writeFile(join(root, "files", "big.bin.part.json"), "{}");

  const { out } = await run("cache", "ls");
  expect(out).toMatch(/files\/\w+\/own\.bin +[\d.]+ MB .*127\.0\.0\.1:\d+\/own\.bin/);
  expect(out).toMatch(/models\/own +[\d.]+ MB/);
  expect(out).toMatch(/files\/big\.bin\.part .*a beginning/);
  expect(out).toMatch(/3 entries, [\d.]+ MB in /);
  const entries = JSON.parse((await run("cache", "ls", "--json")).out) as { name: string; path: string }[];
  expect(entries).toHaveLength(3);

  expect(await run("cache", "verify")).toMatchObject({
    status: 0,
    out: expect.stringMatching(/own\.bin: whole\nmodels\/own: whole/),
  });
  const file = entries.find(({ name }) => name.endsWith("own.bin"))!;
  await writeFile(file.path, "damaged");
  const checked = await run("cache", "verify", "--json");
  expect(checked.status).toBe(1);
  expect(JSON.parse(checked.out)).toContainEqual(
    expect.objectContaining({
      name: file.name,
      state: "damaged",
      problem: expect.stringContaining("7 bytes in place of"),
    }),
  );

  expect(await run("cache", "rm", "onw")).toMatchObject({
    status: 1,
    err: expect.stringContaining("error[CACHE_UNKNOWN]"),
  });
  expect(await run("cache", "rm")).toMatchObject({ status: 2 });
  expect((await run("cache", "rm", "files")).out).toMatch(
    /removed files\/big.*\nremoved files\/\w+\/own\.bin, /,
  );
  expect(await readdir(join(root, "models"))).toEqual(["own"]);
  expect(
    (await readdir(join(root, "files"), { recursive: true })).filter((name) => /own|big/.test(name)),
  ).toEqual([]);
  await mkdir(join(root, "weights"), { recursive: true });
  expect((await run("cache", "rm", "--all", "--json")).out).toContain('"models/own"');
  expect(await run("cache", "path", "models")).toMatchObject({ out: `${join(root, "models")}\n` });
  expect(await run("cache", "path", "nothing")).toMatchObject({ status: 2 });
});
