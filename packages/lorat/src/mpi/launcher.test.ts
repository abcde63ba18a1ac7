import { describe, expect, it } from "vitest";
import { launchedAs } from "./launcher.ts";

describe("launchedAs", () => {
  it.each([
    ["no launcher", { PATH: "/bin" }, undefined],
    ["MPICH", { PMI_RANK: "1", PMI_SIZE: "4", PMI_FD: "7" }, { mpi: "MPICH", rank: 1, ranks: 4 }],
    [
      "Open MPI",
      { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "2", PMIX_RANK: "0" },
      { mpi: "Open MPI", rank: 0, ranks: 2 },
    ],
    [
      "srun with PMIx",
      { PMIX_RANK: "3", SLURM_STEP_NUM_TASKS: "8", SLURM_NTASKS: "16" },
      { mpi: undefined, rank: 3, ranks: 8 },
    ],
    ["a batch script of Slurm", { SLURM_NTASKS: "8", SLURM_PROCID: "0" }, undefined],
    ["a variable that is no number", { PMI_RANK: "", PMI_SIZE: "4" }, undefined],
  ])("knows %s by its variables", (_, env, expected) => {
    expect(launchedAs(env)).toEqual(expected);
  });
});
