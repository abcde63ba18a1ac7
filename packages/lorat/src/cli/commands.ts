import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** What people want of a command: the headings of the list of all, in this order. */
export const GROUPS = ["Track", "Models", "Train", "Evaluate", "Measure", "Shell"] as const;

/** A command as the list of all shows it, and what loads the file that it lives in. */
export interface CommandEntry {
  readonly group: (typeof GROUPS)[number];
  /** Options and arguments, as commander writes them. */
  readonly usage: string;
  readonly description: string;
  load(): Promise<CommandUnknownOpts>;
}

/** Every command. The list of all is printed from here; a file is only loaded when its command is asked for. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  track: {
    group: "Track",
    usage: "[options] <input>",
    description: "follow an object through a video or a folder of images",
    load: async () => (await import("./track.ts")).trackCommand(),
  },
  boxes: {
    group: "Track",
    usage: "[options] <in>",
    description: "convert boxes between the formats of benchmarks and annotation tools",
    load: async () => (await import("./boxes.ts")).boxesCommand(),
  },
  models: {
    group: "Models",
    usage: "[options]",
    description: "list the variants with their parameters and multiply-accumulates, counted from the graphs",
    load: async () => (await import("./models.ts")).modelsCommand(),
  },
  pull: {
    group: "Models",
    usage: "[options] <what>",
    description: "bring published weights, or those behind an address, onto this machine, ready for --model",
    load: async () => (await import("./pull.ts")).pullCommand(),
  },
  cache: {
    group: "Models",
    usage: "",
    description: "look at what lorat keeps in the user's cache, check it, remove it",
    load: async () => (await import("./cache.ts")).cacheCommand(),
  },
  export: {
    group: "Models",
    usage: "[options] <model>",
    description: "write a model as ONNX of standard operators, for other programs",
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  convert: {
    group: "Models",
    usage: "[options] <file...>",
    description: "turn DINOv2 and LoRAT weight files into a model folder that --model takes",
    load: async () => (await import("./convert.ts")).convertCommand(),
  },
  quantise: {
    group: "Models",
    usage: "[options] <model>",
    description:
      "find the layers of a model that int8 must leave in single precision, and note them in its model.json",
    load: async () => (await import("./quantise.ts")).quantiseCommand(),
  },
  calibrate: {
    group: "Models",
    usage: "[options] <model>",
    description: "make a model's scores the chance that its boxes are right; writes into the model folder",
    load: async () => (await import("./calibrate.ts")).calibrateCommand(),
  },
  verify: {
    group: "Models",
    usage: "[options] <record>",
    description: "replay a recorded reference forward pass and print the largest difference at each stage",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  train: {
    group: "Train",
    usage: "[options] [what]",
    description: "train a model; Ctrl-C saves a checkpoint, --resume goes on from it",
    load: async () => (await import("./train.ts")).trainCommand(),
  },
  finetune: {
    group: "Train",
    usage: "[options]",
    description: "adapt a model to a few annotated clips; writes an adapter for lorat track --adapter",
    load: async () => (await import("./finetune.ts")).finetuneCommand(),
  },
  ablate: {
    group: "Train",
    usage: "[options] <ablation> [what]",
    description:
      "repeat an ablation of the paper: the same training with one thing changed, a run for each row",
    load: async () => (await import("./ablate.ts")).ablateCommand(),
  },
  runs: {
    group: "Train",
    usage: "",
    description: "look at runs, live or finished; write what they trained",
    load: async () => (await import("./runs.ts")).runsCommand(),
  },
  synth: {
    group: "Train",
    usage: "[options] <out>",
    description: "write procedural clips with exact ground truth, one folder a sequence",
    load: async () => (await import("./synth.ts")).synthCommand(),
  },
  eval: {
    group: "Evaluate",
    usage: "[options]",
    description: "run a tracker over a benchmark; started again, it goes on where it stopped",
    load: async () => (await import("./eval.ts")).evalCommand(),
  },
  score: {
    group: "Evaluate",
    usage: "[options]",
    description: "score a tracker's result files on a benchmark",
    load: async () => (await import("./score.ts")).scoreCommand(),
  },
  compare: {
    group: "Evaluate",
    usage: "[options]",
    description: "compare trackers' result files over benchmarks",
    load: async () => (await import("./compare.ts")).compareCommand(),
  },
  submission: {
    group: "Evaluate",
    usage: "[options] <run>",
    description: "write an evaluation's results as a submission archive or a toolkit's result files",
    load: async () => (await import("./submission.ts")).submissionCommand(),
  },
  vot: {
    group: "Evaluate",
    usage: "",
    description: "LoRAT as a tracker of the VOT toolkit",
    load: async () => (await import("./vot.ts")).votCommand(),
  },
  bench: {
    group: "Measure",
    usage: "[options]",
    description:
      "measure this machine: network, whole videos, training step, crop and more, each beside its peers",
    load: async () => (await import("./bench.ts")).benchCommand(),
  },
  profile: {
    group: "Measure",
    usage: "[options]",
    description:
      "measure variants: size and frames a second, or with --training LoRA beside full fine-tuning",
    load: async () => (await import("./profile.ts")).profileCommand(),
  },
  completion: {
    group: "Shell",
    usage: "<shell>",
    description: "print the script by which a shell completes lorat's commands and options",
    load: async () => (await import("./completion.ts")).completionCommand(COMMANDS),
  },
};
