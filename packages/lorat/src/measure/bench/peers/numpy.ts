import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";

/** Scoring in plain numpy, by the script `one_pass.py` of the peers' folder, or why it is left out. */
export async function numpyScoring(
  folder: string,
  frames: number,
  { peers, signal }: BenchContext,
): Promise<{ readonly contender?: Contender; readonly notes: readonly string[] }> {
  if (!peers) return { notes: [] };
  const script = join(peers, "one_pass.py");
  if (!existsSync(script)) return { notes: [`numpy: left out, there is no ${script}`] };
  const python = (args: string[]) => promisify(execFile)("python3", args, { signal });
  const has = await python(["-c", "import numpy"]).then(
    () => true,
    () => false,
  );
  if (!has) return { notes: ["numpy: left out, python3 does not have it"] };
  return {
    notes: [],
    contender: {
      name: "numpy",
      tags: { peer: "numpy" },
      unit: "frame",
      items: frames,
      measure: async () => {
        const { stdout } = await python([script, folder, join(folder, "results")]);
        const [seconds = 0, processorSeconds = 0] = stdout.trim().split(" ").map(Number);
        return [{ ms: 1000 * seconds, cpuMs: 1000 * processorSeconds }];
      },
      dispose: async () => {},
    },
  };
}
