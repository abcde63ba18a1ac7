import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

/** An MPI that is installed here. */
export interface InstalledMpi {
  readonly name: "MPICH" | "Open MPI";
  readonly mpirun: string;
  /** Before `-n`: what lets several ranks run on few cores, and as root. */
  readonly options: readonly string[];
  /** The library's file name, which the loader finds. */
  readonly library: string;
}

/** Where Debian puts the two, which stand side by side there. */
const known: readonly InstalledMpi[] = [
  { name: "MPICH", mpirun: "/usr/bin/mpiexec.mpich", options: [], library: "libmpich.so.12" },
  {
    name: "Open MPI",
    mpirun: "/usr/bin/mpiexec.openmpi",
    options: ["--oversubscribe", ...(process.getuid?.() === 0 ? ["--allow-run-as-root"] : [])],
    library: "libmpi.so.40",
  },
];

/** The MPIs that are installed; each that is not is named once, with what installs it. */
export const installedMpis: readonly InstalledMpi[] = known.filter(({ name, mpirun }) => {
  if (existsSync(mpirun)) return true;
  console.log(
    `${name} is not here (${mpirun}): its tests are skipped; apt-get install mpich openmpi-bin brings both`,
  );
  return false;
});

/** The built command line. */
export const lorat = new URL("../../../packages/lorat/bin/lorat.js", import.meta.url).pathname;

/** How a program ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function ended(
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly timeout?: number } = {},
): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 24, ...options });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { status: typeof code === "number" ? code : -1, stdout, stderr };
  }
}

/** Runs `lorat` on several ranks. */
export function onRanks(
  { mpirun, options }: InstalledMpi,
  ranks: number,
  args: readonly string[],
  more: Parameters<typeof ended>[2] = {},
): Promise<Ended> {
  return ended(mpirun, [...options, "-n", String(ranks), process.execPath, lorat, ...args], more);
}
