import type { Corners } from "@lorat/core";
import { area, clipToImage } from "@lorat/core/geometry";
import { createRandom, type Random } from "@lorat/core/training";
import { roughMean } from "../../synth/canvas.ts";
import { composeScene } from "../../synth/compose.ts";
import { mixedSettings } from "../../synth/difficulty.ts";
import { type DomainName, domains } from "../../synth/domain.ts";
import { type Moment, renderMoment, type Scene, targetBox } from "../../synth/scene.ts";
import type { DataManifest } from "../data-manifest.ts";
import type { FrameStore } from "../frame-store.ts";
import type { Source, View } from "../pair.ts";
import { createPropStock } from "../prop-stock.ts";

/** Size of the rendered view; with targets of about a quarter of it, most of a search crop is picture. */
const WIDTH = 224;
const HEIGHT = 184;

/** Cut-outs and invented objects on the move over photographs or invented backgrounds, rendered at two moments. */
export function composites(store: FrameStore, manifest: DataManifest, domain?: DomainName): Source {
  const props = createPropStock(store, manifest, [Math.round(WIDTH * 1.3), Math.round(HEIGHT * 1.3)], domain);
  return {
    name: "composites",
    size: 1,
    async draw({ random, strength, reference }) {
      const [cast, background] = [await props.cast(random), await props.background(random)];
      const settings = domain
        ? domains[domain].settings
        : { ...mixedSettings(strength), ...(random.chance(0.08 * strength) ? dusk(random) : {}) };
      const gap = random.logUniform(1, 4 + 60 * strength);
      const format = { width: WIDTH, height: HEIGHT, frames: gap, targetPx: random.logUniform(22, 60) };
      const scene = composeScene({ random, format, settings }, cast, background);
      if (shownShare(scene, 0) < 0.6 || shownShare(scene, gap) < 0.4) return undefined;
      const grain = createRandom(random.uniform());
      const template = view(renderMoment(scene, 0, grain), 0.55);
      const search = template && view(renderMoment(scene, gap, grain), 0.3);
      if (!search || !reference) return search && { template, search };
      const recent = Math.round(gap * random.uniform(0.5, 1)); // between the two, nearer to the search frame
      return { template, search, reference: view(renderMoment(scene, recent, grain), 0.4) };
    },
  };
}

/** Colour jitter takes light away too, so not all of it goes here. */
function dusk(random: Random) {
  return { brightness: random.uniform(0.3, 0.7), noise: 8 };
}

/** Share of the target's box that lies inside the view. */
function shownShare(scene: Scene, time: number): number {
  const box: Corners = targetBox(scene, time);
  return area(clipToImage(box, scene)) / Math.max(area(box), 1);
}

function view({ frame, box, visibility }: Moment, leastVisible: number): View | undefined {
  if (!box || visibility < leastVisible || box[2] - box[0] < 8 || box[3] - box[1] < 8) return undefined;
  return { frame, padding: roughMean(frame), box, present: true };
}
