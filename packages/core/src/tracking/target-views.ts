import type { Corners } from "../geometry/box.ts";
import { isValidBox } from "../geometry/box.ts";
import { Cropper } from "../geometry/crop.ts";
import { cropParameters, toCrop } from "../geometry/crop-parameters.ts";
import type { Frame } from "../geometry/frame.ts";
import { writeForegroundMask } from "../geometry/grid.ts";
import type { Colour } from "../geometry/image-mean.ts";
import { templateSizePx } from "../model/variants.ts";
import type { TrackingNetwork } from "./network.ts";
import { ReferenceChooser, type ReferenceRule, sideBySide } from "./reference.ts";
import type { TrackResult } from "./types.ts";

/** A crop of the target as the template half takes it. */
interface View {
  /** `[3, size, size]`, normalised. */
  readonly pixels: Float32Array;
  /** `[Nz]`, 1 on the target's cells. */
  readonly mask: Float32Array;
}

/** What the search is compared with: a target's views, as the search half takes them. */
export interface TargetViews {
  /** The template's memory; for networks with a reference both side by side. */
  readonly memory: Float32Array;
  /** Renews the reference when it is time for it and the target was seen well. */
  learn(frame: Frame, result: TrackResult): Promise<void>;
}

/** Makes the views of the targets of one network. */
export class ViewMaker {
  readonly #network: TrackingNetwork;
  readonly #rule: ReferenceRule;
  readonly #cropper: Cropper;

  constructor(network: TrackingNetwork, rule: ReferenceRule) {
    const side = templateSizePx(network.model.config.variant);
    this.#network = network;
    this.#rule = rule;
    this.#cropper = new Cropper({ width: side, height: side });
  }

  /** The views of a target on its first frame: the template, and with a reference the same again. padding: the colour outside the image. */
  async start(frame: Frame, box: Corners, padding: Colour): Promise<TargetViews> {
    const view = this.#crop(frame, box, padding);
    const template = await this.#network.embedTemplate(view.pixels, view.mask);
    if (!this.#network.hasReference) return { memory: template, learn: async () => {} };
    const chooser = new ReferenceChooser<View>(this.#rule);
    let memory = await this.#besideReference(template, view);
    return {
      get memory() {
        return memory;
      },
      learn: async (next, { state, raw }) => {
        const isGood = state === "tracked" && isValidBox(raw.box);
        const fresh = chooser.take(isGood ? raw.score : 0, () => this.#crop(next, raw.box, padding));
        if (fresh) memory = await this.#besideReference(template, fresh);
      },
    };
  }

  #crop(frame: Frame, box: Corners, padding: Colour): View {
    const { variant } = this.#network.model.config;
    const pixels = new Float32Array(this.#cropper.length);
    const wished = cropParameters(box, variant.templateAreaFactor, this.#cropper.size);
    const parameters = this.#cropper.crop(frame, wished, padding, pixels);
    const mask = new Float32Array(variant.templateGrid ** 2);
    const grid = { sizePx: templateSizePx(variant), cells: variant.templateGrid };
    writeForegroundMask(toCrop(box, parameters), grid, mask);
    return { pixels, mask };
  }

  async #besideReference(template: Float32Array, { pixels, mask }: View): Promise<Float32Array> {
    const { depth, heads } = this.#network.model.config.variant;
    return sideBySide(template, await this.#network.embedTemplate(pixels, mask, true), 2 * depth * heads);
  }
}
