import { concat, expand, type Node, slice, type Value } from "@lorat/graph";
import type { KeyValue, Span } from "./attention.ts";
import { block, norm } from "./block.ts";
import type { ModelConfig } from "./config.ts";
import { dropPathKind, droppedResidual, plainResidual } from "./drop-path.ts";
import { uniform } from "./initialise.ts";
import { type ParameterScope, parameterScope, trainsWhole } from "./parameters.ts";

/** What passes the blocks together: template and search tokens, `[batch, N, dim]` each, or one of them alone. */
export type Tokens =
  | { readonly template: Value; readonly search: Value }
  | { readonly template: Value; readonly search?: undefined }
  | { readonly template?: undefined; readonly search: Value };

/** How the encoder runs. */
export interface EncodeOptions {
  /** Training mode: drop path. */
  readonly training?: boolean;
  /** Samples of the batch that drop path chooses from, where only a share of them is computed here. */
  readonly wholeBatch?: number | undefined;
  /** Computes the template tokens of the last block too: for recordings; the head's numbers stay the same. */
  readonly keepAllTokens?: boolean;
  /**
   * Keys and values of a template that was encoded alone ({@link Encoded.keyValues}), one for each block: search tokens attend to
   * them too. That gives the numbers of both passing together where template tokens attend to the template alone
   * (`attention: "asymmetric"`).
   */
  readonly context?: readonly KeyValue[];
}

/** The transformer's output. */
export interface Encoded {
  /** The given tokens, `[batch, N, dim]`. */
  readonly embedded: Value;
  /** What each block gives: `[batch, N, dim]`. */
  readonly blocks: readonly Value[];
  /** The nodes that each block is made of. */
  readonly blockNodes: readonly ReadonlySet<Node>[];
  /** Keys and values of the given tokens at each block. */
  readonly keyValues: readonly KeyValue[];
  /** After the final norm, `[batch, N, dim]`. */
  readonly normalised: Value;
  /** The search tokens of that, `[batch, Nx, dim]`; of a template alone its own. */
  readonly search: Value;
}

/** The blocks of the vision transformer and its final norm (specification section 1.1). */
export function encode(tokens: Tokens, config: ModelConfig, options: EncodeOptions = {}): Encoded {
  const first = (tokens.template ?? tokens.search)!;
  const joined = tokens.template && tokens.search ? concat([tokens.template, tokens.search], 1) : first; // [batch, Nz + Nx, dim]
  const { graph } = joined;
  const at = parameterScope(graph, config);
  const { depth, dropPath } = config.variant;
  const drops = (options.training ?? false) && dropPathKind(dropPath) !== "none";
  const residual = drops
    ? droppedResidual(graph, depth, joined.shape[0]!, dropPath, options.wholeBatch)
    : plainResidual;
  const search = tokens.search?.shape[1] ?? 0;
  const blocks: Value[] = [];
  const blockNodes: ReadonlySet<Node>[] = [];
  const keyValues: KeyValue[] = [];
  let y = joined;
  for (let index = 0; index < depth; index++) {
    const isLast = index === depth - 1;
    const wanted = isLast && search > 0 && !drops && !options.keepAllTokens ? "search" : "all";
    const span: Span = { search, wanted, context: options.context?.[index] };
    const input = withPrompts(y, at, index);
    const place = at.child("blocks").child(index, { layer: index + 1 });
    const before = graph.nodes.length;
    const { output, own } = graph.scope(`blocks.${index}`, () =>
      block(input, place, span, { index, residual }),
    );
    blockNodes.push(new Set(graph.nodes.slice(before)));
    keyValues.push(own);
    y = wanted === "all" ? withoutPrompts(output, config) : output;
    blocks.push(y);
  }
  const normalised = norm(y, at.child("norm"), { trains: trainsFinalNorm(config) });
  const count = normalised.shape[1]!;
  const ofSearch = slice(normalised, search > 0 ? count - search : 0, count, 1);
  return { embedded: joined, blocks, blockNodes, keyValues, normalised, search: ofSearch };
}

/** With adapters the final norm trains in the ablations alone (specification section 1.8). */
function trainsFinalNorm(config: ModelConfig): boolean {
  return trainsWhole(config) || config.head.kind !== "mlp" || config.attention === "asymmetric";
}

/** Deep prompts of the VPT ablation, put before the tokens of every block. */
function withPrompts(tokens: Value, at: ParameterScope, index: number): Value {
  const { adaptation, variant } = at.config;
  if (adaptation.kind !== "vpt") return tokens;
  const { prompts } = adaptation;
  const [batch, , dim] = tokens.shape as [number, number, number];
  const bound = Math.sqrt(6 / (3 * variant.patchSize ** 2 + dim));
  const own = at.child("prompt_embeddings").parameter(String(index), [1, prompts, dim], {
    kind: "embedding",
    part: "adapter",
    embeds: true,
    start: { reference: uniform(bound) },
  });
  return concat([expand(own, [batch, prompts, dim]), tokens], 1);
}

function withoutPrompts(tokens: Value, { adaptation }: ModelConfig): Value {
  return adaptation.kind === "vpt" ? slice(tokens, adaptation.prompts, tokens.shape[1]!, 1) : tokens;
}
