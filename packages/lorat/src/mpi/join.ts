import { writeSync } from "node:fs";
import { Communicator } from "./communicator.ts";
import type { LaunchedAs } from "./launcher.ts";
import { Ranks } from "./ranks.ts";
import { watchRanks } from "./watch.ts";

/** This process as a part of an MPI job. */
export interface Job {
  readonly ranks: Ranks;
  /** Ends this process's part in order, when all ranks come here. */
  leave(): Promise<void>;
  /** Says why and ends all ranks. */
  abort(message: string, status: number): Promise<void>;
}

/** Joins the job that a launcher started. Throws what starting MPI throws. */
export async function joinRanks(launched: LaunchedAs | undefined, file: string | undefined): Promise<Job> {
  const communicator = await Communicator.start(launched, file);
  const ranks = new Ranks(communicator);
  await sameFolder(ranks);
  const watched = await watchRanks(ranks, (message) => writeSync(2, `note: ${message}\n`));
  return {
    ranks,
    async leave() {
      await communicator.meet();
      await watched?.leave();
      await communicator.close();
    },
    async abort(message, status) {
      writeSync(2, `${message}\n`);
      await watched?.failed();
      communicator.abort(status);
    },
  };
}

/** Goes to the folder of the first rank, so that relative paths mean the same everywhere. */
async function sameFolder(ranks: Ranks): Promise<void> {
  const folder = await ranks.fromFirst(process.cwd());
  if (folder === process.cwd()) return;
  try {
    process.chdir(folder);
  } catch {
    writeSync(
      2,
      `note: rank ${ranks.rank} works in ${process.cwd()}, where there is no ${folder}: give absolute paths\n`,
    );
  }
}
