import { Option } from "@commander-js/extra-typings";
import type { Ranks } from "../mpi/ranks.ts";
import { describeError, EXIT, usageError } from "./errors.ts";
import { count } from "./values.ts";

/** Options of the commands that run on several ranks. */
export interface RankFlags {
  readonly ranks?: number | undefined;
  readonly mpi?: string | undefined;
  readonly mpirun?: string | undefined;
}

export function ranksOption() {
  return new Option("--ranks <number>", "start so many ranks on this machine, with mpirun").argParser(count);
}

export function mpirunOption() {
  return new Option("--mpirun <file>", "the mpirun that --ranks starts (default: the one on the PATH)");
}

export function mpiOption() {
  return new Option(
    "--mpi <file>",
    "the MPI library, where it is not found by itself, such as libmpich.so.12",
  );
}

/**
 * Runs a command's work on this rank of an MPI job, or alone where no launcher started this process. The first rank reports an
 * error that all have met; a rank that fails by itself says so, and all ranks end.
 */
export async function withRanksOfJob(
  { ranks: wanted, mpi, mpirun }: RankFlags,
  work: (ranks: Ranks | undefined) => Promise<void>,
): Promise<void> {
  const { launchedAs } = await import("../mpi/launcher.ts");
  const launched = launchedAs();
  if (!launched && wanted !== undefined) {
    const { startRanks } = await import("../mpi/start-ranks.ts");
    process.exitCode = await startRanks(wanted, process.argv.slice(1), { mpirun });
    return;
  }
  if (!launched && mpi === undefined) return work(undefined);
  if (launched && wanted !== undefined && wanted !== launched.ranks)
    throw usageError(`--ranks ${wanted}, but the launcher started ${launched.ranks}`, "leave --ranks out");
  const { joinRanks } = await import("../mpi/join.ts");
  const { isSharedError } = await import("../mpi/ranks.ts");
  const job = await joinRanks(launched, mpi);
  try {
    await work(job.ranks);
  } catch (error) {
    if (isSharedError(error)) {
      await job.leave();
      if (job.ranks.isFirst) throw error;
      process.exitCode = EXIT.wrongInput;
      return;
    }
    const { text, status } = describeError(error);
    await job.abort(
      `rank ${job.ranks.rank} of ${job.ranks.ranks} failed, which ends the others\n${text}`,
      status,
    );
    return;
  }
  await job.leave();
  const { isStartedHere } = await import("../mpi/start-ranks.ts");
  // Launchers take another status for a crash and say so at length; who started this one knows that it asked for the stop.
  if (isStartedHere() && process.exitCode === EXIT.interrupted) process.exitCode = EXIT.ok;
}
