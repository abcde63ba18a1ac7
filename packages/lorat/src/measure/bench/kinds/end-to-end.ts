import type { Model, Precision, Tracker } from "@lorat/core";
import { createTracker, type Variant } from "@lorat/core/model";
import type { Device } from "@lorat/graph";
import { openVideo } from "../../../media/video-reader.ts";
import { trackVideo } from "../../../track/track-video.ts";
import { openNanoTrack } from "../../../trackers/nanotrack/nanotrack.ts";
import { openVitTrack } from "../../../trackers/vittrack/vittrack.ts";
import { processorMs, type Sample } from "../../timing.ts";
import { type Clip, givenClip, makeClip, sideBySide } from "../clip.ts";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { benchModel, networkContender, runOptions } from "../models.ts";
import type { RatioWish, Suite } from "../suite.ts";

/** A whole video file tracked, decoding and cropping included, beside the network alone over as many frames. */
export async function* endToEndSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  for (const variant of context.variants) {
    for (const precision of context.precisions) yield await endToEndSuite(variant, precision, context);
  }
}

async function endToEndSuite(variant: Variant, precision: Precision, context: BenchContext): Promise<Suite> {
  const model = await benchModel(variant, context);
  const frames = await framesOfRound(model, precision, context);
  const clip = await clipFor(variant, frames + 1, context);
  const contenders: Contender[] = [];
  const ratios: RatioWish[] = [];
  const notes: string[] = [];
  for (const targets of context.batches) {
    const alone = `network alone, batch ${targets}`;
    const tracked = `video to boxes, ${targets} ${targets === 1 ? "target" : "targets"}`;
    contenders.push(
      await networkContender(model, precision, targets, context, { name: alone, runs: frames }),
      await trackingContender(tracked, model, precision, targets, frames, clip, context),
    );
    ratios.push({ label: `share of the network's own throughput, ${tracked}`, of: alone, to: tracked });
    const single = contenders[1]!.name;
    if (tracked !== single) {
      ratios.push({
        label: `${targets} targets at once against ${targets} runs`,
        of: single,
        to: tracked,
        per: "item",
      });
    }
  }
  for (const { name, peer, open } of variant.name === "nano" ? peersOf(context) : []) {
    try {
      // Peers get the number of threads that suits them: one.
      const tracker = await open({ device: context.device, threads: context.threads ?? 1 });
      const title = `${name}, video to boxes`;
      contenders.push(videoContender(title, { peer }, tracker, 1, frames, clip));
      ratios.push({ label: `faster than ${title}`, of: title, to: contenders[1]!.name });
    } catch (error) {
      notes.push(`${name}: left out, ${(error as Error).message}`);
    }
  }
  return { title: `${variant.name} ${precision}, ${clip.width}x${clip.height}`, contenders, ratios, notes };
}

interface Peer {
  readonly name: string;
  /** As the tags of a table name it. */
  readonly peer: string;
  readonly open: (options: { readonly device: Device; readonly threads: number }) => Promise<Tracker>;
}

/** Trackers of others whose files were given. */
function peersOf({ nanotrack, vittrack }: BenchContext): Peer[] {
  const peers: Peer[] = [];
  if (nanotrack !== undefined) {
    peers.push({
      name: "NanoTrack V3",
      peer: "nanotrack",
      open: (options) => openNanoTrack(nanotrack, options),
    });
  }
  if (vittrack !== undefined) {
    peers.push({ name: "VitTrack", peer: "vittrack", open: (options) => openVitTrack(vittrack, options) });
  }
  return peers;
}

/** Frames tracked in one run: about a round's time of the network, 8 to 120. */
async function framesOfRound(model: Model, precision: Precision, context: BenchContext): Promise<number> {
  const probe = await networkContender(model, precision, 1, { ...context, roundMs: 0 });
  await probe.measure();
  const [{ ms }] = (await probe.measure()) as [Sample];
  await probe.dispose();
  const most = context.quick ? 12 : 120;
  return Math.max(8, Math.min(most, Math.round((3 * context.roundMs) / ms)));
}

/** 640x360 for nano, 1280x720 for the others, or what the user gave. */
function clipFor({ name }: Variant, frames: number, { video, folder, onStage }: BenchContext): Promise<Clip> {
  onStage("clip");
  if (video) return givenClip(video.path, video.box);
  return name === "nano" ? makeClip(folder, 640, 360, frames) : makeClip(folder, 1280, 720, frames);
}

async function trackingContender(
  name: string,
  model: Model,
  precision: Precision,
  targets: number,
  frames: number,
  clip: Clip,
  context: BenchContext,
): Promise<Contender> {
  context.onStage(`${model.name} ${precision}: ${name}`);
  const tracker = await createTracker(model, runOptions(context, precision));
  return videoContender(name, { variant: model.name, precision, targets }, tracker, targets, frames, clip);
}

/** Tracks the first frames of a clip; the clock runs from the first result on, so that opening the file is left out. */
function videoContender(
  name: string,
  tags: Contender["tags"],
  tracker: Tracker,
  targets: number,
  frames: number,
  clip: Clip,
): Contender {
  const boxes = sideBySide(clip, targets);
  return {
    name,
    tags,
    unit: targets === 1 ? "frame" : "target in a frame",
    items: frames * targets,
    measure: async () => {
      const source = await openVideo(clip.path);
      let began = 0;
      let used: NodeJS.CpuUsage | undefined;
      const clock = {
        write: () => {
          if (used) return;
          began = performance.now();
          used = process.cpuUsage();
        },
      };
      const { frames: done } = await trackVideo(source, tracker, boxes, { end: frames + 1, sinks: [clock] });
      const share = frames / (done - 1);
      const sample = { ms: (performance.now() - began) * share, cpuMs: processorMs(used!) * share };
      await source.dispose();
      return [sample];
    },
    dispose: () => tracker.dispose(),
  };
}
