import type { Corners, Size } from "@lorat/core";
import {
  type CropParameters,
  Cropper,
  clipToImage,
  cropParameters,
  IMAGENET_MEAN,
  IMAGENET_STD,
  jitteredCrop,
  toCrop,
  writeForegroundMask,
} from "@lorat/core/geometry";
import { type CropGeometry, noTarget, type Random, searchLabel, writeLabel } from "@lorat/core/training";
import { flipHorizontally, jitterColor, type Planes } from "./augment.ts";
import { at, type CropAugmentation } from "./crop-augmentation.ts";
import type { Pair, View } from "./pair.ts";
import { levelTable, type ThreeAugment, threeAugment } from "./three-augment.ts";

/** The arrays of a batch while it is being filled. */
export interface BatchArrays {
  readonly template: Float32Array;
  readonly search: Float32Array;
  readonly templateMask: Float32Array;
  readonly positives: Float32Array;
  readonly boxes: Float32Array;
  /** Of geometries with a reference. */
  readonly reference?: Float32Array | undefined;
  readonly referenceMask?: Float32Array | undefined;
}

/** Makes arrays for `size` samples. Shapes as in `TrainingBatch`. */
export function allocateBatch(size: number, geometry: CropGeometry): BatchArrays {
  const { templateSizePx, searchSizePx, templateGrid, searchGrid, references = 0 } = geometry;
  return {
    ...(references > 0 && {
      reference: new Float32Array(size * 3 * templateSizePx ** 2),
      referenceMask: new Float32Array(size * templateGrid ** 2),
    }),
    template: new Float32Array(size * 3 * templateSizePx ** 2),
    search: new Float32Array(size * 3 * searchSizePx ** 2),
    templateMask: new Float32Array(size * templateGrid ** 2),
    positives: new Float32Array(size * searchGrid ** 2),
    boxes: new Float32Array(size * 4),
  };
}

/** Smallest side that a target keeps in its search crop, pixels (specification 3.4). */
const MIN_OBJECT_PX = 10;

const MIN_SEEN_PX = 0.01;

/** Share of the references that are the template itself, as on the first frames of a target. */
const FIRST_SHARE = 0.15;
/** Share of the references that do not show the target, as after a tracker's error. */
const MISSED_SHARE = 0.05;
/** Deviation of a tracked box's middle, in sides, and of the logarithm of its sides. */
const TRACKED_SHIFT = 0.06;
const TRACKED_SCALE = 0.12;

/** What one sample is drawn with, and where it goes. */
export interface SampleDraw {
  readonly random: Random;
  /** Of the augmentation, 0 to 1. */
  readonly strength: number;
  readonly batch: BatchArrays;
  /** Position in the batch. */
  readonly index: number;
}

/** Turns pairs into crops, masks and labels of one geometry; keeps scratch memory, so one per thread. */
export class SampleWriter {
  readonly #geometry: CropGeometry;
  readonly #augmentation: CropAugmentation;
  readonly #template: Cropper;
  readonly #search: Cropper;

  constructor(geometry: CropGeometry, augmentation: CropAugmentation) {
    this.#geometry = geometry;
    this.#augmentation = augmentation;
    this.#template = new Cropper(square(geometry.templateSizePx), "raw");
    this.#search = new Cropper(square(geometry.searchSizePx), "raw");
  }

  /**
   * Crops, jitters, augments and normalises one pair into sample `index` of the batch (specification 3.4, 3.5).
   * Returns false, leaving the sample undefined, when no crop shows enough of the target: draw another pair then.
   */
  write(pair: Pair, draw: SampleDraw): boolean {
    const { random, strength, batch, index } = draw;
    const stretch = this.#drawStretch(random, strength);
    const template = this.#cropTemplate(pair.template, stretch, draw);
    const search = template && this.#cropSearch(pair.search, stretch, draw);
    if (!template || !search) return false;
    // Moved onto whole pixels, the crop of a target of less than a pixel may miss it.
    if (!isSeen(template.box) || (pair.search.present && !isSeen(search.box))) return false;
    const reference = this.#cropReference(pair, stretch, draw);
    let templateBox = template.box;
    let searchBox = search.box;
    let referenceBox = reference?.box;

    const flip = at(this.#augmentation.flip, strength);
    if (random.chance(flip)) templateBox = flip1(template.image, templateBox);
    if (random.chance(flip)) {
      searchBox = flip1(search.image, searchBox);
      // A recent view shows the target from the side that the search region shows it from.
      if (reference && referenceBox) referenceBox = flip1(reference.image, referenceBox);
    }
    const jitter = at(this.#augmentation.colorJitter, strength);
    const crops = reference ? [template, search, reference] : [template, search];
    for (const { image } of crops) {
      divide(image, 255);
      if (random.chance(jitter)) jitterColor(image, drawColorJitter(random));
    }
    if (random.chance(at(this.#augmentation.threeAugment, strength))) {
      const augment = drawThreeAugment(random);
      for (const { image } of crops) threeAugment(image, augment, normalisedLevels);
    } else {
      for (const { image } of crops) normalise(image);
    }

    this.#writeMask(templateBox, batch.templateMask, index);
    if (referenceBox && batch.referenceMask) this.#writeMask(referenceBox, batch.referenceMask, index);
    this.#writeLabels(pair.search.present ? searchBox : undefined, batch, index);
    return true;
  }

  /** By how much the pair's crops are stretched: sideways by this, upwards by its inverse. */
  #drawStretch(random: Random, strength: number): number {
    const { pairStretch } = this.#augmentation;
    const deviation = pairStretch ? at(pairStretch, strength) : 0;
    return deviation > 0 ? Math.exp(random.normal(0, deviation) / 2) : 1;
  }

  #cropTemplate(view: View, stretch: number, { random, strength, batch, index }: SampleDraw) {
    const { templateSizePx: size, templateAreaFactor } = this.#geometry;
    const jitter = at(this.#augmentation.templateScaleJitter, strength);
    const box = stretchedBox(view.box, stretch);
    let parameters = cropParameters(box, templateAreaFactor, square(size));
    if (jitter > 0) {
      const options = { scaleJitter: jitter, translationJitter: 0, minObjectSizePx: 1 };
      parameters = jitteredCrop(box, templateAreaFactor, square(size), random, options).parameters;
    }
    return cropInto(this.#template, view, unstretched(parameters, stretch), {
      images: batch.template,
      index,
    });
  }

  /** The recent view around a box that is as far off as a tracker's is; now and then it missed the target. */
  #cropReference(pair: Pair, stretch: number, { random, batch, index }: SampleDraw) {
    if (!batch.reference) return undefined;
    const { templateSizePx: size, templateAreaFactor } = this.#geometry;
    const first = pair.reference === undefined || random.chance(FIRST_SHARE);
    const view = first ? pair.template : pair.reference;
    const box = first ? view.box : trackedBox(view.box, random);
    const stretched = stretchedBox(box, stretch);
    const parameters = cropParameters(stretched, templateAreaFactor, square(size));
    const place = { images: batch.reference, index };
    return cropInto(this.#template, { ...view, box }, unstretched(parameters, stretch), place);
  }

  #cropSearch(view: View, stretch: number, { random, strength, batch, index }: SampleDraw) {
    const { searchSizePx: size, searchAreaFactor } = this.#geometry;
    const options = {
      scaleJitter: at(this.#augmentation.scaleJitter, strength),
      translationJitter: at(this.#augmentation.translationJitter, strength),
      minObjectSizePx: MIN_OBJECT_PX,
    };
    const box = stretchedBox(view.box, stretch);
    const { parameters, success } = jitteredCrop(box, searchAreaFactor, square(size), random, options);
    if (!success && view.present) return undefined;
    return cropInto(this.#search, view, unstretched(parameters, stretch), { images: batch.search, index });
  }

  #writeMask(box: Corners, masks: Float32Array, index: number): void {
    const { templateSizePx: size, templateGrid: grid } = this.#geometry;
    const shape = { sizePx: size, cells: grid };
    writeForegroundMask(box, shape, masks, index * grid * grid);
  }

  #writeLabels(box: Corners | undefined, batch: BatchArrays, index: number): void {
    const { searchSizePx: size, searchGrid: grid } = this.#geometry;
    const shape = { sizePx: size, cells: grid };
    const label = box ? searchLabel(box, shape) : noTarget;
    writeLabel(label, index, batch);
  }
}

/** The colour jitter of specification 3.5, step 2: order first, then the three factors. */
function drawColorJitter(random: Random) {
  return {
    order: random.permutation(4),
    brightness: random.uniform(0.6, 1.4),
    contrast: random.uniform(0.6, 1.4),
    saturation: random.uniform(0.6, 1.4),
  };
}

/** The DeiT-III choice of specification 3.5, step 3. */
function drawThreeAugment(random: Random): ThreeAugment {
  const choice = random.integer(3);
  if (choice === 0) return { kind: "greyscale" };
  if (choice === 1) return { kind: "solarise" };
  return { kind: "blur", radius: random.uniform(0.1, 2) };
}

/** A box as a tracker may have found it. */
function trackedBox([x1, y1, x2, y2]: Corners, random: Random): Corners {
  const missed = random.chance(MISSED_SHARE);
  const angle = random.uniform(0, 2 * Math.PI);
  const distance = missed ? random.uniform(0.7, 1.5) : 0;
  const side = (from: number, to: number, away: number): [number, number] => {
    const length = (to - from) * Math.exp(random.normal(0, TRACKED_SCALE));
    const middle = (from + to) / 2 + (to - from) * (away * distance + random.normal(0, TRACKED_SHIFT));
    return [middle - length / 2, middle + length / 2];
  };
  const [left, right] = side(x1, x2, Math.cos(angle));
  const [top, bottom] = side(y1, y2, Math.sin(angle));
  return [left, top, right, bottom];
}

function square(side: number): Size {
  return { width: side, height: side };
}

/** A box in an image that is `stretch` times as wide and as many times less high. */
function stretchedBox([x1, y1, x2, y2]: Corners, stretch: number): Corners {
  return [x1 * stretch, y1 / stretch, x2 * stretch, y2 / stretch];
}

/** The crop of a stretched image, as a crop of the image itself. */
function unstretched(parameters: CropParameters, stretch: number): CropParameters {
  const { scaleX, scaleY } = parameters;
  return { ...parameters, scaleX: scaleX * stretch, scaleY: scaleY / stretch };
}

/** The crop in 0..255, and the part of the box that it shows. */
function cropInto(
  cropper: Cropper,
  view: View,
  parameters: Parameters<Cropper["crop"]>[1],
  { images, index }: { readonly images: Float32Array; readonly index: number },
): { image: Planes; box: Corners } {
  const { length, size } = cropper;
  const adjusted = cropper.crop(view.frame, parameters, view.padding, images, index * length);
  const data = images.subarray(index * length, (index + 1) * length);
  return { image: { data, ...size }, box: clipToImage(toCrop(view.box, adjusted), size) };
}

/** Whether a box surely touches a cell: cells begin up to 1e-4 of their side late. */
function isSeen([x1, y1, x2, y2]: Corners): boolean {
  return x2 - x1 >= MIN_SEEN_PX && y2 - y1 >= MIN_SEEN_PX;
}

function flip1(image: Planes, [x1, y1, x2, y2]: Corners): Corners {
  flipHorizontally(image);
  return [image.width - x2, y1, image.width - x1, y2];
}

function divide({ data }: Planes, unit: number): void {
  for (let i = 0; i < data.length; i++) data[i] = data[i]! / unit;
}

const gain = IMAGENET_STD.map((deviation) => 1 / deviation);
const offset = IMAGENET_MEAN.map((mean, c) => -mean * gain[c]!);
const normalisedLevels = levelTable((level, c) => level * gain[c]! + offset[c]!);

function normalise({ data, width, height }: Planes): void {
  const plane = width * height;
  for (let c = 0; c < 3; c++) {
    const factor = gain[c]!;
    const shift = offset[c]!;
    for (let i = c * plane; i < (c + 1) * plane; i++) data[i] = data[i]! * factor + shift;
  }
}
