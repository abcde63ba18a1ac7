import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "./program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-cli-score-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  const status = await runCommandLine(["score", ...args]);
  vi.restoreAllMocks();
  return { status, out: out.join(""), err: err.join("") };
}

type Files = Record<string, string>;
let made = 0;

/** Writes files below a new folder and gives its path. */
async function tree(files: Files): Promise<string> {
  const root = join(folder, String(made++));
  await mkdir(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const FRAMES = 40;
const text = (line: (frame: number) => string, frames = FRAMES) =>
  `${Array.from({ length: frames }, (_, i) => line(i)).join("\n")}\n`;
const truth = (frame: number, first = 0) => [10.5 + frame + first, 20 + first, 30, 41];
/** As good as the frame's number says, so that no figure is 0 or 100. */
const guess = (frame: number, first = 0) => [
  10.5 + (frame % 8) * 2 + frame + first - (frame % 8 ? 1 : 0),
  20 + first,
  30,
  41,
];
const rows = (boxes: (frame: number) => number[], by = ",") => text((frame) => boxes(frame).join(by));

const sequences = ["one-1", "two-2", "three-3"];
const annotation = () =>
  tree(Object.fromEntries(sequences.map((name) => [`annos/${name}.txt`, rows(truth)])));
const good: Files = Object.fromEntries(sequences.map((name) => [`T/${name}.txt`, rows(guess)]));

async function scoreJson(dataset: string, results: string, ...more: string[]) {
  const { status, out, err } = await run("--dataset", dataset, "--results", results, "--json", ...more);
  expect(err).toBe("");
  expect(status).toBe(0);
  return JSON.parse(out) as Record<string, unknown> & { suc: number; notes: string[] };
}

async function refusal(results: Files, ...more: string[]) {
  const dataset = `tnl2k:${await annotation()}`;
  const { status, err } = await run("--dataset", dataset, "--results", await tree(results), ...more);
  expect(status).toBe(1);
  return { code: /^error\[(\w+)\]/.exec(err)?.[1], err };
}

describe("lorat score", () => {
  it("prints a table that names its protocol, and JSON in percent", async () => {
    const dataset = `tnl2k:${await annotation()}`;
    const results = await tree(good);
    const { status, out } = await run(
      "--dataset",
      dataset,
      "--results",
      results,
      "--protocol",
      "stark",
      "--per-sequence",
    );
    expect(status).toBe(0);
    expect(out).toMatch(/^T on TNL2K \(.*\)\nprotocol stark, version \d+: /);
    expect(out).toMatch(/two-2 +\d+\.\d\d .* 40 frames/);
    const json = await scoreJson(dataset, results);
    expect(json).toMatchObject({ protocol: "toolkit", sequenceCount: 3, missing: [] });
    expect(json.successCurve).toHaveLength(21);
    expect(Object.keys(json.sequences as object)).toEqual([...sequences].sort());
    expect(json.suc).toBeGreaterThan(1);
    expect((json.sequences as Record<string, { suc: number }>)["one-1"]!.suc).toBe(json.suc);
    expect(await scoreJson(dataset, results, "--seed", "7")).toMatchObject({ suc: json.suc });
  });

  it("reads results as the usual trackers write them", async () => {
    const dataset = `tnl2k:${await annotation()}`;
    const expected = await scoreJson(dataset, await tree(good));
    const named = (file: (name: string) => string, content: string) =>
      tree(Object.fromEntries(sequences.map((name) => [file(name), content])));
    const plain = (name: string) => `${name}.txt`;
    const variants: Record<string, string> = {
      tabs: await named(plain, rows(guess, "\t")),
      blanks: await named(plain, rows(guess, "   ")),
      "commas and blanks": await named(plain, rows(guess, ", ")),
      semicolons: await named(plain, rows(guess, ";")),
      "no newline at the end": await named(plain, rows(guess).trimEnd()),
      "Windows line ends": await named(plain, rows(guess).replaceAll("\n", "\r\n")),
      "byte-order mark": await named(plain, `\uFEFF${rows(guess)}`),
      heading: await named(plain, `x,y,w,h\n${rows(guess)}`),
      "scientific notation": await named(
        plain,
        text((frame) =>
          guess(frame)
            .map((value) => value.toExponential(18))
            .join(","),
        ),
      ),
      "GOT-10k's names": await named((name) => `T/${name}/${name}_001.txt`, rows(guess)),
      "TrackingNet's names": await named((name) => `${name}/${name}.txt`, rows(guess)),
      "another case and dash": await named(
        (name) => `${name.toUpperCase().replace("-", "_")}.txt`,
        rows(guess),
      ),
      "with times": await tree({ ...good, "T/one-1_time.txt": text(() => "0.025") }),
    };
    const zip = join(folder, "results.zip");
    await writeFile(
      zip,
      zipSync(Object.fromEntries(Object.entries(good).map(([path, one]) => [path, strToU8(one)]))),
    );
    for (const [what, results] of Object.entries({ ...variants, zip })) {
      const { suc, p, pNorm, ao, framesPerSecond } = await scoreJson(dataset, results);
      const { suc: suc0, p: p0, pNorm: pNorm0, ao: ao0 } = expected;
      for (const [a, b] of [
        [suc, suc0],
        [p, p0],
        [pNorm, pNorm0],
        [ao, ao0],
      ] as [number, number][]) {
        expect(a, what).toBeCloseTo(b, 6);
      }
      if (what === "with times") expect(framesPerSecond).toBeCloseTo(40, 6);
    }
  });

  it("scores files as they are written; offsets and corners only where asked", async () => {
    const dataset = `tnl2k:${await annotation()}`;
    const all = (boxes: (frame: number) => number[]) =>
      tree(Object.fromEntries(sequences.map((name) => [`${name}.txt`, rows(boxes)])));
    const corner = ([x, y, w, h]: number[]) => [x!, y!, x! + w!, y! + h!];
    const expected = await scoreJson(dataset, await all(guess));

    // By hand: the toolkits take the first box as given; all others are one pixel off in x and y, 29 x 40 of 30 x 41 overlap.
    const shifted = await all((frame) => truth(frame, 1));
    const kept = await scoreJson(dataset, shifted);
    expect(kept.ao).toBeCloseTo((100 / FRAMES) * (1 + ((FRAMES - 1) * 29 * 40) / (2 * 30 * 41 - 29 * 40)), 6);
    expect(kept.notes).toEqual([
      "scored as written; the first boxes would be the given ones as counted from 1 (--first-pixel 1)",
    ]);
    expect((await scoreJson(dataset, shifted, "--coordinates", "auto")).ao).toBe(kept.ao);
    expect((await scoreJson(dataset, shifted, "--first-pixel", "1")).ao).toBe(100);

    // The first line alone is two corners, (10.5, 20) and (40.5, 61): as written a box of 40.5 x 61 around the true one.
    const mixed = await all((frame) => (frame === 0 ? corner(truth(0)) : truth(frame)));
    for (const how of ["as-is", "auto"]) {
      expect((await scoreJson(dataset, mixed, "--coordinates", how)).ao, how).toBe(100);
      const { ao } = await scoreJson(dataset, mixed, "--coordinates", how, "--protocol", "stark");
      expect(ao, how).toBeCloseTo((100 * (FRAMES - 1 + (30 * 41) / (40.5 * 61))) / FRAMES, 6);
    }

    const corners = await all((frame) => corner(guess(frame)));
    expect((await scoreJson(dataset, corners)).suc).toBeLessThan(expected.suc as number);
    for (const how of ["auto", "corners"]) {
      const read = await scoreJson(dataset, corners, "--coordinates", how);
      expect(read.suc, how).toBeCloseTo(expected.suc as number, 6);
      expect(read.notes).toEqual(["results read as two corners a line"]);
    }
  });

  it("takes the mean over runs", async () => {
    const dataset = `tnl2k:${await annotation()}`;
    const all = (prefix: string, boxes: (frame: number) => number[]) =>
      Object.fromEntries(sequences.map((name) => [`${prefix}/${name}.txt`, rows(boxes)]));
    const one = await scoreJson(dataset, await tree(all("T", guess)));
    const two = await scoreJson(dataset, await tree(all("T", truth)));
    const both = await scoreJson(dataset, await tree({ ...all("T_001", guess), ...all("T_002", truth) }));
    expect(both).toMatchObject({ tracker: "T" });
    expect(both.suc).toBeCloseTo((one.suc + two.suc) / 2, 6);
  });

  it("counts a last line that is missing as an invalid box, and says so", async () => {
    const short = { ...good, "T/two-2.txt": text((frame) => guess(frame).join(","), FRAMES - 1) };
    const json = await scoreJson(`tnl2k:${await annotation()}`, await tree(short));
    expect(json.notes).toEqual(["without the last line, whose box counts as invalid: two-2"]);
  });

  it.each([
    ["too few lines", "RESULT_LENGTH", text((frame) => guess(frame).join(","), FRAMES - 2)],
    ["too many lines", "RESULT_LENGTH", text((frame) => guess(frame).join(","), FRAMES + 1)],
    ["NaN", "RESULT_NAN", rows((frame) => (frame === 5 ? [Number.NaN, 1, 2, 3] : guess(frame)))],
    [
      "infinity",
      "RESULT_NAN",
      rows((frame) => (frame === 5 ? [Number.POSITIVE_INFINITY, 1, 2, 3] : guess(frame))),
    ],
    ["nothing", "RESULT_EMPTY", "\n"],
    ["another separator", "RESULT_SEPARATOR", rows(guess, "|")],
    ["polygons", "RESULT_POLYGON", rows((frame) => [...guess(frame), ...guess(frame)])],
    ["words", "RESULT_MALFORMED", text(() => "lost")],
    ["three numbers", "RESULT_MALFORMED", rows((frame) => guess(frame).slice(1))],
  ])("refuses a result file with %s", async (_, code, content) => {
    const { code: found, err } = await refusal({ ...good, "T/two-2.txt": content });
    expect(found).toBe(code);
    expect(err).toContain("two-2.txt");
    expect(err).not.toContain("one-1.txt");
  });

  it("lists several problems together", async () => {
    const files = { "T/one-1.txt": "", "T/two-2.txt": rows(guess, "|") };
    const { code, err } = await refusal(files);
    expect(code).toBe("RESULTS_INVALID");
    expect(err).toMatch(/RESULTS_MISSING: three-3/);
    expect(err).toMatch(/RESULT_EMPTY: T\/one-1\.txt/);
    expect(err).toMatch(/RESULT_SEPARATOR: T\/two-2\.txt/);
  });

  it("refuses missing sequences with their list, unless told otherwise, and then says so in every table", async () => {
    const { "T/one-1.txt": _, "T/three-3.txt": __, ...rest } = good;
    const { code, err } = await refusal(rest);
    expect(code).toBe("RESULTS_MISSING");
    expect(err).toMatch(/- one-1\n.*- three-3\n.*hint: --allow-missing/);
    const args = [
      "--dataset",
      `tnl2k:${await annotation()}`,
      "--results",
      await tree(rest),
      "--allow-missing",
    ];
    const { status, out } = await run(...args);
    expect(status).toBe(0);
    expect(out).toContain("note: 2 of 3 sequences without results, left out: one-1, three-3");
    expect(JSON.parse((await run(...args, "--json")).out)).toMatchObject({
      missing: ["one-1", "three-3"],
      sequenceCount: 1,
    });
  });

  it("lets the protocol judge NaN where it is told to", async () => {
    const nan = rows((frame) => (frame % 2 ? [Number.NaN, 1, 2, 3] : guess(frame)));
    const results = await tree(Object.fromEntries(sequences.map((name) => [`${name}.txt`, nan])));
    const dataset = `tnl2k:${await annotation()}`;
    const toolkit = await scoreJson(dataset, results, "--allow-nan");
    const stark = await scoreJson(dataset, results, "--allow-nan", "--protocol", "stark");
    // The toolkits put the box before in its place, the other counts a miss.
    expect(toolkit.suc).toBeGreaterThan(stark.suc);
  });

  it("refuses files that differ only in case, several trackers, and results of something else", async () => {
    expect((await refusal({ ...good, "T/ONE-1.txt": rows(guess) })).code).toBe("RESULTS_CASE");
    const second = Object.fromEntries(
      Object.entries(good).map(([path, one]) => [path.replace("T/", "U/"), one]),
    );
    const several = await refusal({ ...good, ...second });
    expect(several.code).toBe("RESULTS_SEVERAL");
    expect(several.err).toMatch(/- T: 3 sequences\n.*- U: 3 sequences/);
    expect((await refusal({ "T/four.txt": rows(guess) })).code).toBe("RESULTS_NONE");
    const evil = join(folder, "evil.zip");
    await writeFile(evil, zipSync({ "../one-1.txt": strToU8(rows(guess)) }));
    const { err } = await run("--dataset", `tnl2k:${await annotation()}`, "--results", evil);
    expect(err).toMatch(/^error\[ARCHIVE_UNSAFE_NAME\]/);
  });

  it("refuses annotations that contradict themselves", async () => {
    const results = await tree(good);
    const wrong = async (kind: string, files: Files) => {
      const base = Object.fromEntries(sequences.map((name) => [`annos/${name}.txt`, rows(truth)]));
      const { status, err } = await run(
        "--dataset",
        `${kind}:${await tree({ ...base, ...files })}`,
        "--results",
        results,
      );
      expect(status).toBe(1);
      return /^error\[(\w+)\]/.exec(err)?.[1];
    };
    expect(await wrong("lasot", { "absent/one-1.txt": text(() => "0", FRAMES - 1) })).toBe("DATASET_LENGTH");
    expect(await wrong("lasot", { "absent/one-1.txt": text(() => "2") })).toBe("DATASET_FLAGS");
    expect(await wrong("lasot", { "attributes/one-1.txt": "0,1,1" })).toBe("ATTRIBUTES_MALFORMED");
    expect(await wrong("lasot", { "attributes/other.txt": Array(14).fill("0").join(",") })).toBe(
      "ATTRIBUTES_UNKNOWN",
    );
    expect(await wrong("otb", { "attributes_tb.txt": "nobody\tIV, OCC\n" })).toBe("ATTRIBUTES_UNKNOWN");
    expect(await wrong("otb", { "annos/ONE-1.txt": rows(truth) })).toBe("DATASET_CASE");
    expect(await wrong("otb", { "sequences.txt": "one-1\nfour-4\n" })).toBe("DATASET_LIST");
    expect(await wrong("otb", { "annos/one-1.txt": "1,2,3\n" })).toBe("BOXES_MALFORMED");
  });

  it("refuses kinds that are not scored, places with nothing, and annotation that is secret", async () => {
    const results = await tree(good);
    const refused = async (dataset: string) => {
      const { err } = await run("--dataset", dataset, "--results", results);
      return /^error\[(\w+)\]/.exec(err)?.[1];
    };
    expect(await refused(`coco:${folder}`)).toBe("DATASET_KIND");
    expect(await refused(`lasott:${folder}`)).toBe("DATASET_KIND");
    expect(await refused(`lasot:${join(folder, "nowhere")}`)).toBe("DATASET_NOT_FOUND");
    expect(await refused(`lasot:${await tree({ "readme.txt": "hello" })}`)).toBe("DATASET_LAYOUT");
    const secret = await tree({
      "TEST/anno/a_0.txt": "1,2,3,4\n",
      "TEST/frames/a_0/0.jpg": "",
      "TEST/frames/a_0/1.jpg": "",
    });
    expect(await refused(`trackingnet:${secret}`)).toBe("DATASET_NO_TRUTH");
    const frames = await tree({ "a/groundtruth.txt": rows(truth), "a/0001.jpg": "", "a/0002.jpg": "" });
    expect(await refused(`folder:${frames}`)).toBe("DATASET_LENGTH");
  });

  it("names every sequence that scored nothing", async () => {
    const got10k = (cover: number) => ({
      "val/list.txt": "a\nb\n",
      ...Object.fromEntries(
        ["a", "b"].flatMap((name) => [
          [`val/${name}/groundtruth.txt`, rows(truth)],
          [`val/${name}/absence.label`, text(() => "0")],
          [`val/${name}/cover.label`, text(() => String(name === "b" ? cover : 8))],
        ]),
      ),
    });
    const results = await tree({ "a.txt": rows(truth), "b.txt": rows(truth) });
    for (const protocol of ["toolkit", "got10k", "visible"]) {
      const dataset = `got10k:${await tree(got10k(0))}`;
      const { notes } = await scoreJson(dataset, results, "--protocol", protocol);
      expect((notes as string[]).join(), protocol).toMatch(/: b$/);
    }
    const far = await tree({ "a.txt": rows(truth), "b.txt": rows(() => [900, 900, 5, 5]) });
    const missed = await scoreJson(`got10k:${await tree(got10k(8))}`, far, "--protocol", "got10k");
    expect(missed.notes).toEqual(["scored nothing: b"]);
  });

  it("reads OTB as downloaded, with results named for the video", async () => {
    const otb = {
      "Human4/groundtruth_rect.1.txt": "",
      "Human4/groundtruth_rect.2.txt": rows(truth),
      "Jogging/groundtruth_rect.1.txt": rows(truth),
      "Jogging/groundtruth_rect.2.txt": rows(guess),
    };
    const jogging = { "Jogging-1.txt": rows(truth), "Jogging_2.txt": rows(guess) };
    for (const name of ["Human4", "Human4-2", "human4_2"]) {
      const json = await scoreJson(
        `otb:${await tree(otb)}`,
        await tree({ ...jogging, [`${name}.txt`]: rows(truth) }),
      );
      expect(json).toMatchObject({ sequenceCount: 3, ao: 100 });
    }
  });

  it("reads the VOT toolkit's results, whose first line is 1", async () => {
    const dataset = `vot:${await tree({ "a/groundtruth.txt": rows(truth) })}`;
    const lines = rows(truth).split("\n");
    const vot = (...some: string[]) => tree({ "baseline/a/a_001.txt": some.join("\n") });
    expect(await scoreJson(dataset, await vot("1", ...lines.slice(1)))).toMatchObject({ ao: 100 });
    const restarted = await vot("1", "2", "0", ...lines.slice(3));
    const { err } = await run("--dataset", dataset, "--results", restarted);
    expect(err).toMatch(/^error\[RESULT_RESTARTS\].*a_001\.txt/);
  });

  it("calls OSTrack's results by tracker and configuration, not by the benchmark", async () => {
    const dataset = `lasot:${await annotation()}`;
    const path = "out/tracking_results/ostrack/vitb_256";
    const root = await tree(
      Object.fromEntries(sequences.map((name) => [`${path}/lasot/${name}.txt`, rows(guess)])),
    );
    for (const below of ["", "out", path, `${path}/lasot`]) {
      expect((await scoreJson(dataset, join(root, below))).tracker, below).toBe("ostrack-vitb_256");
    }
  });

  it("shows rows with decimal commas", async () => {
    const commas = (by: string) =>
      text((frame) =>
        guess(frame)
          .map((value) => value.toFixed(1).replace(".", ","))
          .join(by),
      );
    for (const by of [";", " ", "\t"]) {
      const { code, err } = await refusal({ ...good, "T/two-2.txt": commas(by) });
      expect(code).toBe("RESULT_DECIMAL_COMMA");
      expect(err).toContain("line 1: ");
    }
    const wrong = await tree({ "annos/one-1.txt": commas(";") });
    const { err } = await run("--dataset", `tnl2k:${wrong}`, "--results", await tree(good));
    expect(err).toMatch(/^error\[BOXES_MALFORMED\][\s\S]*line 1: .*decimal commas/);
  });
});
