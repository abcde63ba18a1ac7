import { float32, LoratError, type Shape, sizeOf, type Tensor } from "@lorat/graph";
import type { Parameter } from "../../model/parameters.ts";
import type { Random } from "../../random.ts";
import { stageChannels, stemNormEpsilon, stemStages } from "./stem-graph.ts";

type Tensors = ReadonlyMap<string, Tensor<"float32">>;

/** Mean and standard deviation of each channel of the teacher's stages. */
export interface TeacherStatistics {
  readonly means: readonly Float32Array[];
  readonly deviations: readonly Float32Array[];
}

/**
 * The stem before its first update: convolutions by Kaiming's rule, squeeze and excitation near a factor of one half, and
 * every stage's last normalisation at the teacher's mean and deviation, without which its small outputs would not move.
 */
export function initialStem(
  trainable: readonly Parameter[],
  teacher: TeacherStatistics,
  random: Random,
): Map<string, Tensor<"float32">> {
  const weights = new Map<string, Tensor<"float32">>();
  for (const { name, shape, role } of trainable) {
    const data = lastNorm(name, shape, teacher) ?? role.start.reference(shape, random);
    weights.set(name, float32(data, shape));
  }
  return weights;
}

/** The start of a stage's last normalisation; undefined for another parameter. */
function lastNorm(name: string, shape: Shape, teacher: TeacherStatistics): Float32Array | undefined {
  const last = /^stem\.blocks\.(\d+)\.project\.norm\.(weight|bias)$/.exec(name);
  if (!last) return undefined;
  const stage = Number(last[1]) + 1;
  const isScale = last[2] === "weight";
  // The last stage's channels are standardised.
  if (stage === stemStages - 1) return new Float32Array(sizeOf(shape)).fill(isScale ? 1 : 0);
  return (isScale ? teacher.deviations : teacher.means)[stage]!.slice();
}

/**
 * A trained stem with its batch normalisations folded into the convolutions before them: the names and shapes that the network
 * has at inference. Throws `WEIGHTS_NAMES` for a tensor that is missing.
 */
export function foldedStem(trained: Tensors): Map<string, Tensor<"float32">> {
  const need = (name: string): Float32Array => {
    const found = trained.get(name);
    if (!found) throw new LoratError("WEIGHTS_NAMES", `the stem needs ${name}, which was not given`);
    return found.data;
  };
  const folded = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of trained) {
    if (name.includes(".norm.")) continue;
    const place = name.replace(/\.(weight|bias)$/, "");
    if (!trained.has(`${place}.norm.weight`)) {
      folded.set(name, tensor);
      continue;
    }
    const norm = (part: string) => need(`${place}.norm.${part}`);
    const [scale, bias, mean, variance] = [
      norm("weight"),
      norm("bias"),
      norm("running_mean"),
      norm("running_var"),
    ];
    const factors = scale.map((value, i) => value / Math.sqrt(variance[i]! + stemNormEpsilon));
    const each = tensor.data.length / factors.length;
    folded.set(
      name,
      float32(
        tensor.data.map((value, i) => value * factors[Math.floor(i / each)]!),
        tensor.shape,
      ),
    );
    folded.set(
      `${place}.bias`,
      float32(
        bias.map((value, i) => value - mean[i]! * factors[i]!),
        [factors.length],
      ),
    );
  }
  return folded;
}

/** Adds up means and deviations of the teacher's stages over batches. */
export class TeacherTally {
  readonly #sums = stageChannels.map((channels) => new Float64Array(channels));
  readonly #squares = stageChannels.map((channels) => new Float64Array(channels));
  readonly #counts = new Float64Array(stemStages);

  /** maps: the teacher's stages for one batch, `[batch, channels, cells, cells]` each. */
  add(maps: readonly Tensor<"float32">[]): void {
    maps.forEach(({ data, shape }, stage) => {
      const [batch, channels] = shape as [number, number];
      const cells = data.length / batch / channels;
      this.#counts[stage]! += batch * cells;
      for (let row = 0; row < batch * channels; row++) {
        for (let i = row * cells; i < (row + 1) * cells; i++) {
          this.#sums[stage]![row % channels]! += data[i]!;
          this.#squares[stage]![row % channels]! += data[i]! ** 2;
        }
      }
    });
  }

  statistics(): TeacherStatistics {
    const means = this.#sums.map((sums, stage) =>
      Float32Array.from(sums, (sum) => sum / this.#counts[stage]!),
    );
    const deviations = this.#squares.map((squares, stage) =>
      Float32Array.from(squares, (square, c) => {
        const variance = square / this.#counts[stage]! - means[stage]![c]! ** 2;
        return Math.sqrt(Math.max(variance, 1e-6));
      }),
    );
    return { means, deviations };
  }
}
