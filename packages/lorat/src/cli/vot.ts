import { Command, Option } from "@commander-js/extra-typings";
import { listenForInterrupt } from "./interrupt.ts";
import { adapterOption, deviceOption, modelOption, precisionOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";

/** `lorat vot`: LoRAT as a tracker of the VOT toolkit. */
export function votCommand() {
  return new Command("vot")
    .description("LoRAT as a tracker of the VOT toolkit")
    .addCommand(initCommand())
    .addCommand(traxCommand())
    .addCommand(folderCommand());
}

function initCommand() {
  return modelCommand("init")
    .description("write a workspace for the VOT toolkit: config.yaml and trackers.ini")
    .argument("<dir>", "the workspace's folder")
    .option("--stack <name>", "the toolkit's experiment stack", "vot2022/shorttermbox")
    .addOption(
      new Option("--interface <name>", "how the toolkit talks to the tracker")
        .choices(["trax", "folder"])
        .default("trax" as const),
    )
    .option("--link <dir>", "sequences to link (default: the toolkit downloads the stack's own)")
    .option("--force", "replace files that exist")
    .action(async (dir, { link: sequences, interface: protocol, ...flags }) => {
      const { resolve } = await import("node:path");
      const { modelFolderPath, bundledModels } = await import("../trackers/model/model-path.ts");
      const { writeWorkspace } = await import("../trackers/vot/workspace.ts");
      const folder = await modelFolderPath(flags.model);
      // The toolkit starts the command elsewhere.
      const model = bundledModels.includes(flags.model) ? flags.model : resolve(folder);
      const { tracker, files } = await writeWorkspace(dir, { ...flags, model, sequences, protocol });
      console.log(`wrote ${files.join(" and ")} into ${dir}`);
      console.log(`next: vot evaluate --workspace ${dir} ${tracker}`);
    });
}

function traxCommand() {
  return modelCommand("trax")
    .description("serve the TraX protocol over standard input and output, or the port in TRAX_SOCKET")
    .option("--single-object", "offer one object a session")
    .action(async (flags) => {
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

function folderCommand() {
  return modelCommand("folder")
    .description("run over a folder of the VOT toolkit's folder protocol")
    .argument("[dir]", "the folder with frames_color.txt and query_ID.txt", ".")
    .action(async (dir, flags) => {
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

/** A command that tracks with a model. */
function modelCommand(name: string) {
  return new Command(name)
    .addOption(modelOption())
    .addOption(adapterOption())
    .addOption(deviceOption())
    .addOption(precisionOption());
}

type ModelFlags = ReturnType<ReturnType<typeof modelCommand>["opts"]>;

/** A tracker that has done a first forward pass, so that its first frame is as fast as the others. */
async function warmTracker({ model, adapter, device, precision }: ModelFlags) {
  const { loadTracker } = await import("../trackers/model/load-tracker.ts");
  const { warmUp } = await import("../trackers/vot/trax-server.ts");
  const tracker = await loadTracker(model, { device, precision, adapter });
  await warmUp(tracker);
  return tracker;
}
