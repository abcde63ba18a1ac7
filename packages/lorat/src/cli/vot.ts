import type { Precision } from "@lorat/core";
import { precisions } from "@lorat/core/model";
import type { Device } from "@lorat/graph";
import { Command, Option } from "commander";
import { listenForInterrupt } from "./interrupt.ts";
import { DEVICES, deviceOption, precisionOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";

interface ModelFlags {
  readonly model: string;
  readonly adapter?: string;
  readonly device: Device;
  readonly precision: Precision;
  readonly singleObject?: boolean;
}

interface InitFlags extends Omit<ModelFlags, "device" | "precision"> {
  readonly device?: Device;
  readonly precision?: Precision;
  readonly stack: string;
  readonly protocol: "trax" | "folder";
  readonly sequences?: string;
  readonly force?: boolean;
}

/** `lorat vot`: LoRAT as a tracker of the VOT toolkit. */
export function votCommand(): Command {
  return new Command("vot")
    .description("LoRAT as a tracker of the VOT toolkit")
    .addCommand(initCommand())
    .addCommand(traxCommand())
    .addCommand(folderCommand());
}

function initCommand(): Command {
  return new Command("init")
    .description("write a workspace for the VOT toolkit: config.yaml and trackers.ini")
    .argument("<dir>", "the workspace's folder")
    .option("--stack <name>", "the toolkit's experiment stack", "vot2022/shorttermbox")
    .option("--model <name>", "bundled model or model folder", "nano")
    .option("--adapter <file>", "adapter to merge into the model")
    .addOption(new Option("--device <name>", "device that the tracker is told to use").choices(DEVICES))
    .addOption(
      new Option("--precision <name>", "precision that the tracker is told to use").choices(precisions),
    )
    .addOption(
      new Option("--protocol <name>", "how the toolkit talks to the tracker")
        .choices(["trax", "folder"])
        .default("trax"),
    )
    .option("--sequences <dir>", "sequences to link; else the toolkit downloads the stack's own")
    .option("--force", "replace files that exist")
    .action(async (dir: string, flags: InitFlags) => {
      const { resolve } = await import("node:path");
      const { modelFolderPath, bundledModels } = await import("../trackers/model/model-path.ts");
      const { writeWorkspace } = await import("../trackers/vot/workspace.ts");
      const folder = await modelFolderPath(flags.model);
      // The toolkit starts the command elsewhere.
      const model = bundledModels.includes(flags.model) ? flags.model : resolve(folder);
      const { tracker, files } = await writeWorkspace(dir, { ...flags, model });
      console.log(`wrote ${files.join(" and ")} into ${dir}`);
      console.log(`next: vot evaluate --workspace ${dir} ${tracker}`);
    });
}

function traxCommand(): Command {
  return modelOptions(
    new Command("trax").description(
      "serve the TraX protocol over standard input and output, or the port in TRAX_SOCKET",
    ),
  )
    .option("--single-object", "offer one object a session")
    .action(async (flags: ModelFlags) => {
      const { serveTrax, serverChannel } = await import("../trackers/vot/index.ts");
      const tracker = await warmTracker(flags);
      const channel = await serverChannel();
      try {
        await serveTrax(tracker, channel, {
          name: `LoRAT-${flags.model}`,
          identifier: flags.model,
          multiObject: !flags.singleObject,
        });
      } finally {
        channel.close();
        await tracker.dispose();
      }
    });
}

function folderCommand(): Command {
  return modelOptions(
    new Command("folder")
      .description("run over a folder of the VOT toolkit's folder protocol")
      .argument("[dir]", "the folder with frames_color.txt and query_ID.txt", "."),
  ).action(async (dir: string, flags: ModelFlags) => {
    const { runFolder } = await import("../trackers/vot/index.ts");
    const interruption = listenForInterrupt();
    const tracker = await warmTracker(flags);
    let progress: ReturnType<typeof createProgress> | undefined;
    try {
      const run = await runFolder(tracker, dir, {
        signal: interruption.signal,
        onFrame: (done, total) => {
          progress ??= createProgress({ label: "tracking", total, unit: "frames" });
          progress.update(done);
        },
      });
      progress?.done();
      console.error(`tracked ${run.objects.length} objects through ${run.frames} frames`);
    } catch (error) {
      progress?.done();
      if (!interruption.signal.aborted) throw error;
      console.error("stopped; nothing was written");
      process.exitCode = interruption.status();
    } finally {
      interruption.release();
      await tracker.dispose();
    }
  });
}

function modelOptions(command: Command): Command {
  return command
    .option("--model <name>", "bundled model or model folder", "nano")
    .option("--adapter <file>", "adapter to merge into the model")
    .addOption(deviceOption("where the model runs"))
    .addOption(precisionOption());
}

/** A tracker that has done a first forward pass, so that its first frame is as fast as the others. */
async function warmTracker({ model, adapter, device, precision }: ModelFlags) {
  const { loadTracker } = await import("../trackers/model/load-tracker.ts");
  const { warmUp } = await import("../trackers/vot/trax-server.ts");
  const tracker = await loadTracker(model, { device, precision, adapter });
  await warmUp(tracker);
  return tracker;
}
