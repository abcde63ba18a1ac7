/**
 * Runs operator cases on the WebGPU provider and on the CPU, in a process of its own: a fault of the provider ends it.
 * Arguments: a seed, then names of cases. Prints a JSON line when a case starts and when it ends.
 */
import * as fc from "fast-check";
import type { Instance, OperatorCase } from "../../packages/graph/src/testing/cases/case.ts";
import { operatorCases } from "../../packages/graph/src/testing/cases/index.ts";
import { type Differentiated, differentiate, runOnDevice } from "../../packages/graph/src/testing/check.ts";

export interface CaseReport {
  readonly name: string;
  /** Largest difference from the CPU, relative to each tensor's largest element (or 1); null before the end. */
  readonly worst: number | null;
  /** The first error, with what it happened on. */
  readonly error?: string;
}

const [seed, ...names] = process.argv.slice(2);
for (const name of names) {
  report({ name, worst: null });
  const instance = largest(operatorCases.find((known) => known.name === name)!);
  try {
    report({ name, worst: await compare(instance) });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    report({ name, worst: null, error: `${JSON.stringify(instance.settings)}: ${message}` });
  }
}
// Nothing is left to wait for, and the provider's own end is not what is tested here.
process.exit(0);

/** Of a few instances the one with the most numbers: each shape costs the device a compilation, small ones show little. */
function largest({ instances }: OperatorCase): Instance {
  const size = ({ leaves }: Instance) =>
    Object.values(leaves).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return fc
    .sample(instances, { seed: Number(seed), numRuns: 10 })
    .reduce((most, next) => (size(next) > size(most) ? next : most));
}

/** The forward graph alone, as inference runs it, then with its gradients, as training does. */
async function compare(instance: Instance): Promise<number> {
  const graph = differentiate(instance, Number(seed));
  const forward: Differentiated = { ...graph, outputs: { output: graph.outputs.output! } };
  return Math.max(await difference(forward), await difference(graph));
}

async function difference(graph: Differentiated): Promise<number> {
  const expected = await runOnDevice(graph, { device: "cpu", threads: 1 });
  const actual = await runOnDevice(graph, { device: "webgpu", noFallback: true });
  let worst = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const [want, have] = [data as Float32Array, actual[name]!.data as Float32Array];
    const scale = want.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    want.forEach((value, i) => {
      const relative = Math.abs(have[i]! - value) / scale;
      // NaN must win.
      if (!(relative <= worst)) worst = relative;
    });
    if (want.length !== have.length) return Number.POSITIVE_INFINITY;
  }
  return worst;
}

function report(line: CaseReport): void {
  console.log(JSON.stringify(line));
}
