import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { LoratError } from "@lorat/graph";
import type { MpiKind } from "./launcher.ts";

/** Set for ranks whose starter is this program. */
const STARTER = "LORAT_RANKS_STARTER";

/** Whether {@link startRanks} started this rank. */
export function isStartedHere(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[STARTER] !== undefined;
}

/**
 * Starts this program again as so many ranks on this machine, with `mpirun`, and waits for their end; gives the status to exit
 * with. The first signal asks the ranks to stop and save, a third ends them at once. Throws `MPI_NO_LAUNCHER`.
 */
export async function startRanks(
  ranks: number,
  args: readonly string[],
  { mpirun = "mpirun" }: { readonly mpirun?: string | undefined } = {},
): Promise<number> {
  const kind = await kindOf(mpirun);
  const child = spawn(
    mpirun,
    [...optionsOf(kind), "-n", String(ranks), process.execPath, ...process.execArgv, ...args],
    {
      // A group of its own: Ctrl-C reaches this process alone, which passes it on as a request.
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, [STARTER]: String(process.pid) },
    },
  );
  let asked = 0;
  const onSignal = () => {
    asked++;
    if (asked === 1) child.kill("SIGUSR2");
    else if (asked === 2) process.stderr.write("still finishing; once more ends all ranks at once\n");
    else child.kill("SIGTERM");
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
    if (status !== 0 && kind === "Open MPI" && process.getuid?.() === 0 && !allowsRoot()) {
      process.stderr.write(
        "  hint: Open MPI does not run as root unless OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 are set\n",
      );
    }
    return status === 0 && asked > 0 ? 130 : status;
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

function allowsRoot({ env } = process): boolean {
  return env.OMPI_ALLOW_RUN_AS_ROOT === "1" && env.OMPI_ALLOW_RUN_AS_ROOT_CONFIRM === "1";
}

/** As many ranks as were asked for, whatever the number of cores, which threads of theirs share. */
function optionsOf(kind: MpiKind | undefined): string[] {
  return kind === "Open MPI" ? ["--oversubscribe", "--bind-to", "none"] : [];
}

/** Which MPI a launcher belongs to, by what it says of itself; undefined for another one. */
async function kindOf(mpirun: string): Promise<MpiKind | undefined> {
  const text = await promisify(execFile)(mpirun, ["--version"]).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: NodeJS.ErrnoException & { stdout?: string; stderr?: string }) => {
      if (error.code !== "ENOENT" && error.code !== "EACCES")
        return `${error.stdout ?? ""}${error.stderr ?? ""}`;
      throw new LoratError("MPI_NO_LAUNCHER", `${mpirun} cannot be started: ${error.code}`, {
        hint: "install MPI (Debian: apt-get install mpich, or openmpi-bin), or name the program: --mpirun FILE",
        cause: error,
      });
    },
  );
  if (/Open ?MPI|OpenRTE|PRTE/i.test(text)) return "Open MPI";
  return /HYDRA|MPICH|Intel\(R\) MPI/i.test(text) ? "MPICH" : undefined;
}
