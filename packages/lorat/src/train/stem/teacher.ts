import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { IMAGENET_MEAN, IMAGENET_STD } from "@lorat/core/geometry";
import { stageChannels, stageStrides, stemStages } from "@lorat/core/training";
import {
  add,
  concat,
  type Device,
  float32,
  Graph,
  LoratError,
  modelInputs,
  mul,
  Session,
  slice,
  type Tensor,
  withInputShapes,
  withOutputs,
} from "@lorat/graph";

/** NanoTrack V3's backbone as published: its input, and the tensors after its first convolution and each of its blocks. */
const published = {
  name: "NanoTrack V3's backbone (v3_nanotrack_backbone.onnx)",
  input: "input",
  stages: ["193", "455", "464", "241", "482", "310", "345", "509", "414", "output"],
} as const;

/** A pretrained network whose features the stem learns to give. */
export interface Teacher {
  /** SHA-256 of its file. */
  readonly fingerprint: string;
  /**
   * What it makes of crops at every stage, `[batch, channels, cells, cells]` each. pixels: `[batch, 3, side, side]`,
   * ImageNet-normalised RGB.
   */
  stages(pixels: Float32Array): Promise<Tensor<"float32">[]>;
  dispose(): Promise<void>;
}

export interface TeacherOptions {
  readonly batchSize: number;
  readonly sidePx: number;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
}

/**
 * Opens the teacher's ONNX file, which stays where it is. Throws `TEACHER_MISSING` where there is none, and `TEACHER_FILE` for
 * a file that is not the network expected, with what was found.
 */
export async function openTeacher(path: string, options: TeacherOptions): Promise<Teacher> {
  const bytes = await readFile(path).catch((cause) => {
    throw new LoratError("TEACHER_MISSING", `there is no teacher at ${path}`, {
      hint: `give the file of ${published.name} with --teacher`,
      cause,
    });
  });
  const { batchSize, sidePx, device, threads } = options;
  const shape = [1, 3, sidePx, sidePx]; // the published file computes one crop at a time
  const network = await Session.fromModel(withStages(bytes, shape, path), { device, threads });
  const levels = await Session.create({ levels: bgrLevels(shape) }, { device, threads });
  const teacher: Teacher = {
    fingerprint: createHash("sha256").update(bytes).digest("hex"),
    async stages(pixels) {
      const crops: Record<string, Tensor>[] = [];
      const length = 3 * sidePx ** 2;
      for (let i = 0; i < batchSize; i++) {
        const normalised = float32(pixels.subarray(i * length, (i + 1) * length), shape);
        const { levels: crop } = await levels.compute({ normalised });
        crops.push(await network.compute({ [published.input]: crop! }));
      }
      return published.stages.map((name) =>
        stacked(crops.map((outputs) => outputs[name] as Tensor<"float32">)),
      );
    },
    async dispose() {
      await Promise.all([network.dispose(), levels.dispose()]);
    },
  };
  try {
    await checkStages(teacher, path, options);
  } catch (error) {
    await teacher.dispose();
    throw error;
  }
  return teacher;
}

/** The model with the tensors of every stage as outputs. */
function withStages(bytes: Uint8Array, shape: readonly number[], path: string): Uint8Array {
  try {
    const inputs = modelInputs(bytes);
    if (inputs.length !== 1 || inputs[0]!.name !== published.input) {
      const found = inputs.map(({ name }) => name).join(", ") || "none";
      throw new LoratError("ONNX_INPUT", `its inputs are ${found}`);
    }
    return withOutputs(withInputShapes(bytes, { [published.input]: shape }), published.stages);
  } catch (cause) {
    throw unexpected(path, (cause as Error).message, cause);
  }
}

/** Runs it once on grey and compares the shapes with the stem's. */
async function checkStages(
  teacher: Teacher,
  path: string,
  { batchSize, sidePx }: TeacherOptions,
): Promise<void> {
  const maps = await teacher.stages(new Float32Array(batchSize * 3 * sidePx ** 2));
  for (let i = 0; i < stemStages; i++) {
    const cells = sidePx / stageStrides[i]!;
    const expected = `${[batchSize, stageChannels[i], cells, cells]}`;
    if (`${maps[i]!.shape}` === expected) continue;
    throw unexpected(
      path,
      `its tensor ${published.stages[i]} is [${maps[i]!.shape}], [${expected}] was expected`,
    );
  }
}

function unexpected(path: string, found: string, cause?: unknown): LoratError {
  return new LoratError("TEACHER_FILE", `${path} is not ${published.name}: ${found}`, {
    hint: "the stem learns from that network alone: its blocks have the same plan",
    cause,
  });
}

/** Normalised RGB as the teacher wants it: blue, green, red from 0 to 255. */
function bgrLevels(shape: readonly number[]) {
  const normalised = new Graph().input("normalised", shape);
  const plane = (c: number) =>
    add(mul(slice(normalised, c, c + 1, 1), 255 * IMAGENET_STD[c]!), 255 * IMAGENET_MEAN[c]!);
  return concat([plane(2), plane(1), plane(0)], 1);
}

/** `[1, C, H, W]` of every crop as `[batch, C, H, W]`. */
function stacked(maps: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const { shape, data } = maps[0]!;
  const all = new Float32Array(maps.length * data.length);
  maps.forEach((map, i) => {
    all.set(map.data, i * data.length);
  });
  return float32(all, [maps.length, ...shape.slice(1)]);
}
