/** What the program that started this process says of it. */
export interface LaunchedAs {
  /** The MPI that the launcher belongs to, where its variables tell. */
  readonly mpi: MpiKind | undefined;
  readonly rank: number;
  readonly ranks: number;
}

/** The two families of MPI, which differ in their binary interface; Intel MPI, MVAPICH and Cray's belong to the first. */
export type MpiKind = "MPICH" | "Open MPI";

/**
 * Whether a launcher (`mpirun`, `mpiexec`, `srun`) started this process as one of several, by the variables that it sets for
 * the MPI library; undefined for a process of its own. A launcher that starts one rank counts as well.
 */
export function launchedAs(env: NodeJS.ProcessEnv = process.env): LaunchedAs | undefined {
  const number = (name: string) => {
    const text = env[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const found = (mpi: MpiKind | undefined, rank: number | undefined, ranks: number | undefined) =>
    rank === undefined || ranks === undefined ? undefined : { mpi, rank, ranks };
  return (
    found("Open MPI", number("OMPI_COMM_WORLD_RANK"), number("OMPI_COMM_WORLD_SIZE")) ??
    found("MPICH", number("PMI_RANK"), number("PMI_SIZE")) ??
    // Slurm with PMIx, which both speak. A batch script itself has one task, without PMIX_RANK.
    (number("PMIX_RANK") === undefined
      ? undefined
      : found(undefined, number("PMIX_RANK"), number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS")))
  );
}
