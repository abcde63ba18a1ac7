import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Variant, variantNamed } from "@lorat/core/model";
import { z } from "zod";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";

/** What PyTorch is asked to do. */
interface TorchJob {
  readonly kind: "network" | "step";
  readonly variant: string;
  readonly batch: number;
}

/** PyTorch's contender, or why there is none. */
export interface TorchPeer {
  readonly contender?: Contender;
  readonly notes: readonly string[];
}

const answer = z.looseObject({
  name: z.string(),
  version: z.string(),
  blas: z.string().optional(),
  forwardMs: z.array(z.number()).optional(),
  stepMs: z.array(z.number()).optional(),
});

/** Runs of one round, each in a fresh process with one untimed run before. */
const runsPerRound = 3;

/** The same network in PyTorch, by the script `torch_lorat.py` of the peers' folder; a round is a process of its own. */
export async function torchPeer(job: TorchJob, context: BenchContext): Promise<TorchPeer> {
  if (!context.peers) return { notes: [] };
  const script = join(context.peers, "torch_lorat.py");
  if (!existsSync(script)) return { notes: [`PyTorch: left out, there is no ${script}`] };
  context.onStage(`PyTorch ${job.variant} ${job.kind}`);
  const run = () => runTorch(script, job, context);
  try {
    const { name, version, blas } = await run();
    return {
      notes: [],
      contender: {
        name: `${name} ${version}${blas ? `, ${blas}` : ""}`,
        tags: { variant: job.variant, precision: "fp32", batch: job.batch, peer: "torch" },
        unit: job.kind === "network" ? "frame" : "pair",
        items: job.batch,
        measure: async () => {
          const found = await run();
          return (job.kind === "network" ? found.forwardMs! : found.stepMs!).map((ms) => ({ ms }));
        },
        dispose: async () => {},
      },
    };
  } catch (error) {
    return { notes: [`PyTorch: left out, ${lastLine((error as Error).message)}`] };
  }
}

async function runTorch(script: string, job: TorchJob, { folder, threads, signal }: BenchContext) {
  const path = join(folder, "torch-job.json");
  await writeFile(path, JSON.stringify(torchJob(job, variantNamed(job.variant), threads)));
  const { stdout } = await promisify(execFile)("python3", [script, "--job", path], { signal });
  return answer.parse(JSON.parse(lastLine(stdout)));
}

function torchJob({ kind, batch }: TorchJob, variant: Variant, threads: number | undefined) {
  return { kind, batch, variant, threads, repeat: runsPerRound };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!;
}
