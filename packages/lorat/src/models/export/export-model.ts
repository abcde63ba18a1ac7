import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Model, Precision } from "@lorat/core";
import { IMAGENET_MEAN, IMAGENET_STD } from "@lorat/core/geometry";
import {
  inputNames,
  lorat,
  namedOutputs,
  networkInputs,
  outputNames,
  quantisableLayers,
  searchHalf,
  searchSizePx,
  templateHalf,
  templateSizePx,
} from "@lorat/core/model";
import {
  forOldestOpset,
  Graph,
  LoratError,
  mixedPrecision,
  oldestOpset,
  type Placement,
  PreparedWeights,
  quantise,
  reachableNodes,
  serialise,
  type Value,
  type Weights,
} from "@lorat/graph";
import { isSystemError, unwritable } from "../../files/system-error.ts";
import { type ExportedWeight, type WeightReader, weightReader } from "./stored-weights.ts";

/** How {@link exportModel} writes a model. */
export interface ModelExportOptions {
  /**
   * `one` graph of template and search, or `two`: `init` gives a target's memory, which the caller keeps for `track`. A model with a
   * reference has `init` run for both (`is_reference`), and `track` takes the two memories side by side, joined along the tokens.
   */
  readonly graphs?: "one" | "two";
  /** Targets that one run takes; default 1. */
  readonly batch?: number;
  readonly precision?: Precision;
  /** Weights in a file beside each graph; default: only where they would not fit into one file. */
  readonly external?: boolean;
  /** Replaces an export that exists. */
  readonly force?: boolean;
}

/** The file that describes an export; the examples read it. */
export const EXPORT_MANIFEST = "export.json";
/** Bytes of weights past which they go into a file of their own; ONNX ends at 2 GiB. */
const EMBED_BELOW = 1.9 * 2 ** 30;

/**
 * Writes a model as ONNX of standard operators (opset 17) into a folder: `model.onnx`, or `init.onnx` and `track.onnx`, with
 * `export.json`, which says sizes, names and the settings of the loop round them. Inputs and outputs are float32 at every precision;
 * `fp16` keeps matrices in half precision and multiplies in it, `int8` has weights in uint8, which every processor multiplies rightly.
 * Gives the names of the files. Throws `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `EXPORT_UNSUPPORTED`.
 */
export async function exportModel(
  model: Model,
  folder: string,
  { graphs = "one", batch = 1, precision = "fp32", external = false, force = false }: ModelExportOptions = {},
): Promise<string[]> {
  const at = await atExportPrecision(model, precision);
  const outputs = graphs === "one" ? { model: wholeGraph(model, batch) } : twoGraphs(model, batch);
  return intoFolder(folder, force, async (partial) => {
    const files: string[] = [];
    for (const [name, values] of Object.entries(outputs)) {
      const graph = await at(values);
      const reader = weightReader(graph.weights);
      try {
        files.push(
          ...(await writeGraph(join(partial, name), graph.outputs, reader, {
            external,
            half: precision === "fp16",
          })),
        );
      } finally {
        await reader.dispose();
      }
    }
    const manifest = {
      ...describe(model, batch),
      precision,
      opset: oldestOpset,
      graphs: Object.keys(outputs).map((name) => `${name}.onnx`),
    };
    await writeFile(join(partial, EXPORT_MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    return [...files, EXPORT_MANIFEST];
  });
}

type Outputs = Readonly<Record<string, Value>>;

function wholeGraph({ config }: Model, batch: number): Outputs {
  return namedOutputs(lorat(networkInputs(new Graph(), config, batch), config));
}

function twoGraphs({ config }: Model, batch: number): Record<string, Outputs> {
  return { init: templateHalf(config, batch), track: searchHalf(config, batch) };
}

/** What a program needs to know to track with an export. */
function describe({ name, config, loop = {}, calibration }: Model, batch: number) {
  const { templateGrid, searchGrid, templateAreaFactor, searchAreaFactor } = config.variant;
  return {
    format: "lorat-export",
    formatVersion: 1,
    model: name,
    batch,
    template: { sizePx: templateSizePx(config.variant), cells: templateGrid, areaFactor: templateAreaFactor },
    search: { sizePx: searchSizePx(config.variant), cells: searchGrid, areaFactor: searchAreaFactor },
    mean: IMAGENET_MEAN,
    std: IMAGENET_STD,
    loop: { windowWeight: 0.45, ...loop },
    ...(calibration && { calibration }),
    inputs: inputNames,
    outputs: outputNames,
  };
}

/** Turns graphs over a model's weights into those of a precision; unlike a session's, for any device. */
async function atExportPrecision({ config, weights, singleLayers = [] }: Model, precision: Precision) {
  switch (precision) {
    case "fp32":
      return async (outputs: Outputs) => ({ outputs, weights });
    case "fp16":
      return async (outputs: Outputs) => ({ outputs: mixedPrecision(outputs), weights });
    case "int8": {
      const prepared = new PreparedWeights(weights, "cpu");
      const names = new Set(quantisableLayers(config).map(({ name }) => name));
      for (const name of singleLayers) names.delete(name);
      return async (outputs: Outputs): Promise<{ outputs: Outputs; weights: Weights }> => {
        const graph = quantise(outputs, (layer) => names.has(layer.name), "uint8");
        return { outputs: graph.outputs, weights: await prepared.of(graph) };
      };
    }
  }
}

/** Writes one graph; gives the names of its files. */
async function writeGraph(
  path: string,
  outputs: Outputs,
  reader: WeightReader,
  { external, half }: { readonly external: boolean; readonly half: boolean },
): Promise<string[]> {
  const standard = forOldestOpset(outputs);
  const values = [
    ...Object.values(standard),
    ...reachableNodes(Object.values(standard)).flatMap(({ inputs }) => inputs),
  ];
  const parameters = [...new Set(values.filter(({ kind }) => kind === "parameter"))];
  const weights = new Map(parameters.map((parameter) => [parameter, reader.of(parameter, half)]));
  const total = [...weights.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const name = path.slice(dirname(path).length + 1);
  const data = `${name}.onnx.data`;
  const places =
    external || total > EMBED_BELOW
      ? await writeData(`${path}.onnx.data`, data, weights)
      : await readData(weights);
  const { bytes } = serialise(standard, (parameter) => places.get(parameter)!, { name, opset: oldestOpset });
  await writeFile(`${path}.onnx`, bytes);
  return [`${name}.onnx`, ...(places.values().next().value?.kind === "external" ? [data] : [])];
}

async function readData(weights: ReadonlyMap<Value, ExportedWeight>): Promise<Map<Value, Placement>> {
  const places = new Map<Value, Placement>();
  for (const [parameter, { dtype, read }] of weights) {
    places.set(parameter, { kind: "embedded", dtype, data: await read() });
  }
  return places;
}

/** Data begins at whole pages, so that runtimes can map it. */
const PAGE = 4096;

async function writeData(
  path: string,
  location: string,
  weights: ReadonlyMap<Value, ExportedWeight>,
): Promise<Map<Value, Placement>> {
  const places = new Map<Value, Placement>();
  const file = await open(path, "w");
  try {
    let offset = 0;
    for (const [parameter, { dtype, bytes, read }] of weights) {
      const start = Math.ceil(offset / PAGE) * PAGE;
      await file.writeFile(new Uint8Array(start - offset));
      await file.writeFile(await read());
      places.set(parameter, { kind: "external", dtype, location, offset: start, length: bytes });
      offset = start + bytes;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return places;
}

const OWN_FILES = /^((model|init|track)\.onnx(\.data)?|export\.json)$/;

/** A folder that appears under its name when it is whole; with `force` it replaces an earlier export, nothing else. */
async function intoFolder(
  path: string,
  force: boolean,
  fill: (partial: string) => Promise<string[]>,
): Promise<string[]> {
  const folder = resolve(path);
  const check = async () => {
    const info = await stat(folder).catch(() => undefined);
    const names = info?.isDirectory() ? await readdir(folder) : [];
    if (!info || (info.isDirectory() && names.length === 0)) return;
    const strange = info.isDirectory() ? names.find((name) => !OWN_FILES.test(name)) : path;
    if (force && strange === undefined) return;
    throw new LoratError(
      "OUTPUT_EXISTS",
      `${path} exists${force ? ` and holds ${strange}, which no export has` : ""}`,
      {
        hint: force ? "Choose another name." : "Choose another name, or replace it with --force.",
      },
    );
  };
  await check();
  const partial = `${folder}.${process.pid}.partial`;
  try {
    await mkdir(partial, { recursive: true });
    const files = await fill(partial);
    await check();
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    return files;
  } catch (error) {
    throw isSystemError(error) ? unwritable(path, error) : error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
