import { runtime } from "#runtime";
import { LoratError } from "../errors.ts";
import type { Value } from "../graph.ts";
import type { Placement } from "../onnx/serialise.ts";
import { bytesOf } from "../tensor.ts";
import type { ConcreteDevice, ExternalFile } from "./runtime.ts";
import { storedBytes, type Weights, weightOf } from "./weights.ts";

/** Weights in memory are written into the model up to this many bytes together. */
const embedBelowBytes = 16 * 2 ** 20;

/** A graph, and where the data of its parameters lie. */
export interface PlacedGraph {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly place: (parameter: Value) => Placement;
  /** Weights in JavaScript memory that are given to ONNX Runtime apart from the model; filled while the model is written. */
  readonly files: readonly ExternalFile[];
  /** The folder of the weights that stay in files. */
  readonly folder?: string;
}

/**
 * Places a graph over `weights` as they are; those that are `fed` or missing become inputs. Weights in files stay there, unless
 * many others are in memory or the device is `wasm`, which cannot open files. Throws `WEIGHTS_FOLDERS`.
 */
export function placedGraph(
  outputs: Readonly<Record<string, Value>>,
  device: ConcreteDevice,
  weights: Weights,
  fed: ReadonlySet<string>,
): PlacedGraph {
  const opensFiles = device !== "wasm";
  let inMemory = 0;
  const folders = new Set<string>();
  for (const [name, tensor] of weights) {
    if (fed.has(name)) continue;
    if ("file" in tensor && opensFiles) folders.add(runtime.locate!(tensor.file).folder);
    else inMemory += storedBytes(tensor);
  }
  if (folders.size > 1) {
    throw new LoratError("WEIGHTS_FOLDERS", "one session's weight files must lie in one folder", {
      issues: [...folders],
    });
  }
  // ONNX Runtime looks for every external weight either in files or in the memory that it is handed, never in both.
  const handsOver = inMemory > embedBelowBytes;
  const files: ExternalFile[] = [];
  const place = (parameter: Value): Placement => {
    if (fed.has(parameter.name) || !weights.has(parameter.name)) return { kind: "input" };
    const stored = weightOf(weights, parameter);
    const length = storedBytes(stored);
    if ("file" in stored && opensFiles && !handsOver) {
      const { name } = runtime.locate!(stored.file);
      return { kind: "external", dtype: stored.dtype, location: name, offset: stored.offset, length };
    }
    const data = "file" in stored ? runtime.read!(stored.file, stored.offset, length) : bytesOf(stored);
    if (!handsOver) return { kind: "embedded", dtype: stored.dtype, data };
    const path = `weights-${files.length}`;
    files.push({ path, data });
    return { kind: "external", dtype: stored.dtype, location: path, offset: 0, length };
  };
  return { outputs, place, files, folder: handsOver ? undefined : [...folders][0] };
}
