import type { Graph, Role, Shape, Value } from "@lorat/graph";
import type { MatMul } from "../weights/matmul-rows.ts";
import type { ModelConfig } from "./config.ts";
import { constant, normal, type Start } from "./initialise.ts";

/** What a parameter's numbers do. A `statistic` is a running mean or variance: it moves without a gradient. */
export type ParameterKind = "matrix" | "bias" | "scale" | "embedding" | "statistic";

/**
 * What a parameter belongs to: the pre-trained backbone, what an adaptation adds to it, the token types, or the head. A base
 * must have the backbone; the rest is drawn at random where the base lacks it.
 */
export type ModelPart = "backbone" | "adapter" | "types" | "head";

/** Where a parameter's rows lie in the weights for inference. */
export interface MergedRows {
  readonly name: string;
  /** The first row in that tensor. */
  readonly row: number;
  /** Number of rows of that tensor; the parameter's own where nothing is stacked. */
  readonly of: number;
}

/** Rows of a parameter and of its adapter, as {@link Fold.apply} takes them. All arrays are row-major. */
export interface FoldedRows {
  /** `[rows, width]`: the parameter's; to be changed in place. */
  readonly own: Float32Array;
  readonly rows: number;
  readonly width: number;
  /** The tensors that {@link Fold.whole} and {@link Fold.byRow} name. */
  readonly whole: readonly Float32Array[];
  readonly byRow: readonly Float32Array[];
  /** Factor on the adapter's change, as the file of the adapter notes it. */
  readonly scaling: number;
  readonly matmul: MatMul;
}

/** How an adapter becomes part of the weight that it adapts. */
export interface Fold {
  /** Place of the adapter, below which a file may note its own alpha. */
  readonly place: string;
  readonly rank: number;
  /** Full names of the adapter's parameters that are read whole. */
  readonly whole: readonly string[];
  /** Full names of those of which the same rows are read as of the weight. */
  readonly byRow: readonly string[];
  apply(rows: FoldedRows): Promise<void>;
}

/** Everything that is known of a parameter, except its name and shape. */
export interface ParameterRole extends Role {
  readonly kind: ParameterKind;
  readonly part: ModelPart;
  /** Whether its model's training changes it by gradients (specification sections 1.6 to 1.8). */
  readonly trains: boolean;
  /** Layer of the backbone for layer-wise decay: 0 embeds the patches, `i + 1` is block `i`; undefined elsewhere. */
  readonly layer: number | undefined;
  /** Belongs to an embedding, on which no weight decay falls (specification section 3.6). */
  readonly embeds: boolean;
  /** Its place in merged weights; undefined for what is folded into another parameter. */
  readonly merged: MergedRows | undefined;
  /** The adapter that merging folds into it. */
  readonly fold: Fold | undefined;
  /** Where a base has it, if not at its merged place. */
  readonly base: string | undefined;
  /** A linear layer's weight that stays in single precision at int8. */
  readonly single: boolean;
  /** Its first numbers where no base has it. */
  readonly start: Start;
}

/** A value of a graph that {@link ParameterScope.parameter} declared. */
export type Parameter = Value & { readonly role: ParameterRole };

/** The part of a role that the place in the model decides. */
type PlaceRole = Pick<ParameterRole, "part" | "layer" | "embeds">;

/** What a declaration says; the rest follows from its place. Without `merged` the parameter keeps its name. */
export type DeclaredRole = Pick<ParameterRole, "kind"> & {
  readonly merged?: MergedRows | "folded";
} & Partial<Omit<ParameterRole, "merged">>;

/** A place in the state dict: parameters asked of it carry its prefix. */
export interface ParameterScope {
  readonly graph: Graph;
  readonly path: string;
  readonly config: ModelConfig;
  /** Declares the parameter `path.name`. */
  parameter(name: string, shape: Shape, role: DeclaredRole): Value;
  /** The place `path.name`; `role` holds for everything below it. */
  child(name: string | number, role?: Partial<PlaceRole>): ParameterScope;
}

/** The root of a network's state dict in a graph. */
export function parameterScope(graph: Graph, config: ModelConfig): ParameterScope {
  return scopeAt(graph, config, "", { part: "backbone", layer: undefined, embeds: false });
}

function scopeAt(graph: Graph, config: ModelConfig, path: string, place: PlaceRole): ParameterScope {
  const join = (name: string | number) => (path === "" ? String(name) : `${path}.${name}`);
  return {
    graph,
    path,
    config,
    parameter: (name, shape, role) =>
      graph.parameter(join(name), shape, {
        role: completed(join(name), shape, { ...place, ...role }, config),
      }),
    child: (name, role = {}) => scopeAt(graph, config, join(name), { ...place, ...role }),
  };
}

function completed(
  name: string,
  shape: Shape,
  role: PlaceRole & DeclaredRole,
  config: ModelConfig,
): ParameterRole {
  const { kind, part, merged = { name, row: 0, of: shape[0] ?? 1 } } = role;
  return {
    trains: kind !== "statistic" && (trainsWhole(config) || part !== "backbone"),
    fold: undefined,
    base: undefined,
    single: false,
    start: usualStart[kind],
    ...role,
    merged: merged === "folded" ? undefined : merged,
  };
}

/** Whether every parameter of a network trains: the full fine-tuning baseline, and training from scratch. */
export function trainsWhole({ adaptation }: ModelConfig): boolean {
  return adaptation.kind === "none";
}

/**
 * The reference's starts (specification sections 1.3, 1.5, 1.6): a normal distribution of deviation 0.02, biases zero. What
 * belongs to the backbone is drawn alike, with norms at one: weights to measure with, not to track with.
 */
const usualStart: Readonly<Record<ParameterKind, Start>> = {
  matrix: { reference: normal(0.02) },
  embedding: { reference: normal(0.02) },
  bias: { reference: constant(0) },
  scale: { reference: constant(1) },
  statistic: { reference: constant(0) },
};

/** The parameters of a graph in which a network was built, in the order in which it asked for them. */
export function parametersIn(graph: Graph): Parameter[] {
  return [...graph.parameters.values()].filter((value): value is Parameter => value.role !== undefined);
}

/** The role of a parameter that a network declared. */
export function roleOf(parameter: Value): ParameterRole {
  return (parameter as Parameter).role;
}
