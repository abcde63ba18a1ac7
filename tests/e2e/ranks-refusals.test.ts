import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, type InstalledMpi, installedMpis, lorat, onRanks } from "./support/mpi.ts";
import { lossesOf, writeConfigs } from "./support/rank-runs.ts";

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-rank-refusals-"));
  config = (await writeConfigs(folder, 3)).lora;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = ["--threads", "1", "--workers", "0", "--device", "cpu"];
const training = (out: string, from = config) => ["train", from, "--out", join(folder, out), ...options];
const program = [process.execPath, lorat];

/** Ranks of one job with command lines of their own. */
const mixed = ({ mpirun, options }: InstalledMpi, ...lines: readonly (readonly string[])[]) =>
  ended(mpirun, [...options, ...lines.flatMap((line, i) => [...(i > 0 ? [":"] : []), "-n", "1", ...line])]);

/** Lines of errors, however launchers put the ranks' output together. */
const errors = (stderr: string) => stderr.match(/error\[\w+\]/g) ?? [];

describe.each(installedMpis)("ranks of $name", (mpi) => {
  const name = mpi.name.replace(" ", "");

  it("are refused where they do not divide the batch, once, and nothing is written", async () => {
    const out = `${name}-batch`;
    const { status, stderr } = await onRanks(mpi, 3, training(out));
    expect(status).not.toBe(0);
    expect(stderr).toContain("a batch of 8 pairs cannot be divided among 3 ranks");
    expect(errors(stderr)).toEqual(["error[RANKS_BATCH]"]);
    expect(await readdir(join(folder, out)).catch(() => [])).toEqual([]);
  });

  it("are refused with different configurations, the difference named", async () => {
    const out = training(`${name}-seed`);
    const { stderr } = await mixed(mpi, [...program, ...out], [...program, ...out, "--seed", "2"]);
    expect(stderr).toContain("configuration.seed: 1 on rank 0, 2 on rank 1");
    expect(errors(stderr)).toEqual(["error[RANKS_DIFFER]"]);
  });

  it("are refused with different data", async () => {
    const photos = join(folder, `${name}-photos`);
    await mkdir(photos);
    await copyFile(join(folder, "photos", "0.png"), join(photos, "0.png"));
    const other = join(folder, `${name}-other.json`);
    const text = await readFile(config, "utf8");
    await writeFile(other, text.replace(join(folder, "photos"), photos));
    const out = `${name}-data`;
    const { stderr } = await mixed(
      mpi,
      [...program, ...training(out)],
      [...program, ...training(out, other)],
    );
    expect(stderr).toMatch(/fingerprint\.data: "\w+" on rank 0, "\w+" on rank 1/);
  });

  it("find out that launcher and library belong to different MPIs", async () => {
    const other = installedMpis.find((one) => one !== mpi);
    if (!other) return console.log("one MPI alone is installed: the mixture is not tried");
    const { stderr, status } = await onRanks(mpi, 2, [...training(`${name}-mixed`), "--mpi", other.library]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/error\[MPI_LAUNCHER\].*started 2 ranks, but libmp\w+\.so\.\d+ \(.*\) knows of 1/);
  });

  it("refuse a library that is no MPI, and one that is not there", async () => {
    const wrong = await onRanks(mpi, 1, [...training(`${name}-abi`), "--mpi", "libc.so.6"]);
    expect(errors(wrong.stderr)).toEqual(["error[MPI_ABI]"]);
    const none = await onRanks(mpi, 1, [...training(`${name}-none`), "--mpi", "libnothing.so"]);
    expect(errors(none.stderr)).toEqual(["error[MPI_NOT_FOUND]"]);
  });

  it("work where they start in different folders, and where the others do not see the run on resume", async () => {
    const elsewhere = join(folder, `${name}-elsewhere`);
    const here = join(folder, `${name}-here`);
    await Promise.all([mkdir(elsewhere), mkdir(here)]);
    const line = ["train", config, "--out", "run", ...options];
    const first = await mixed(
      mpi,
      ["-wdir", here, ...program, ...line],
      ["-wdir", elsewhere, ...program, ...line],
    );
    expect([first.status, errors(first.stderr)]).toEqual([0, []]);
    expect(await lossesOf(join(here, "run"))).toHaveLength(3);
    expect(await readdir(elsewhere)).toEqual([]);
    // As on a file system that shows a rename late: for the second rank the folder is empty.
    const stale = [...program, "train", "--resume", config, ...options, "--out"];
    const second = await mixed(mpi, [...stale, join(here, "run")], [...stale, join(elsewhere, "run")]);
    expect([second.status, errors(second.stderr)]).toEqual([0, []]);
  });
});

describe.skipIf(installedMpis.length === 0)("lorat train --ranks", () => {
  it.each(installedMpis)("starts the ranks with mpirun of $name", async ({ name, mpirun }) => {
    const out = `started-${name.replace(" ", "")}`;
    // With a thread that makes batches, as by default.
    const args = [lorat, ...training(out), "--workers", "1", "--ranks", "2", "--mpirun", mpirun];
    const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
    const { status, stderr } = await ended(process.execPath, args, { env });
    expect([status, errors(stderr)]).toEqual([0, []]);
    expect(await lossesOf(join(folder, out))).toHaveLength(3);
    expect(stderr).toContain("on 2 ranks");
  });

  it("says which program is missing, and what Open MPI wants of root", async () => {
    const missing = await ended(process.execPath, [
      ...[lorat, ...training("missing")],
      ...["--ranks", "2", "--mpirun", "/nothing/mpirun"],
    ]);
    expect(errors(missing.stderr)).toEqual(["error[MPI_NO_LAUNCHER]"]);
    const open = installedMpis.find(({ name }) => name === "Open MPI");
    if (!open || process.getuid?.() !== 0) {
      console.log("Open MPI's refusal of root is not tried: it is not here, or this is not root");
      return;
    }
    const { OMPI_ALLOW_RUN_AS_ROOT: _, ...env } = process.env;
    const args = [lorat, ...training("root"), "--ranks", "2", "--mpirun", open.mpirun];
    const refused = await ended(process.execPath, args, { env });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("--allow-run-as-root"); // its own words
    expect(refused.stderr).toContain("hint: Open MPI does not run as root unless OMPI_ALLOW_RUN_AS_ROOT=1");
  });

  it("works with a launcher that forwards nothing but its own variables", async () => {
    const mpich = installedMpis.find(({ name }) => name === "MPICH");
    if (!mpich) return console.log("MPICH is not here: a bare environment is not tried");
    const bare = `exec env -i PMI_FD=$PMI_FD PMI_RANK=$PMI_RANK PMI_SIZE=$PMI_SIZE "$@"`;
    const args = ["-n", "2", "sh", "-c", bare, "sh", ...program, ...training("bare")];
    const { status, stderr } = await ended(mpich.mpirun, args);
    expect([status, errors(stderr)]).toEqual([0, []]);
    expect(await lossesOf(join(folder, "bare"))).toHaveLength(3);
  });
});
