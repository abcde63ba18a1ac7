import { describe, expect, it } from "vitest";
import type { Corners } from "../../packages/core/src/geometry/box.ts";
import { writeForegroundMask } from "../../packages/core/src/geometry/mask.ts";
import { collateLabels, searchLabel } from "../../packages/core/src/training/labels.ts";
import { fixtureJson } from "./fixtures.ts";

interface LabelCase {
  grid: number;
  search: number;
  box_px: Corners;
  positive_cells: number[];
  target_box_f32: number[];
}

interface Fixture {
  labels: LabelCase[];
  masks: { grid: number; template: number; box_px: Corners; mask: number[][] }[];
  batches: {
    grid: number;
    search: number;
    num_positive_samples: number[];
    batch_index: number[];
    cell_index: number[];
  }[];
}

const { labels, masks, batches } = fixtureJson<Fixture>("j_labels");
const squares = (size: number, grid: number) => ({
  width: size,
  height: size,
  gridWidth: grid,
  gridHeight: grid,
});
const labelOf = (c: LabelCase) => searchLabel(c.box_px, squares(c.search, c.grid));

describe("j: labels", () => {
  for (const [i, c] of labels.entries()) {
    it(`label ${i}: ${c.grid} cells over ${c.search} px`, () => {
      const label = labelOf(c);
      expect(label.positiveCells).toEqual(c.positive_cells);
      expect(label.targetBox).toEqual(c.target_box_f32);
    });
  }

  for (const [i, c] of masks.entries()) {
    it(`mask ${i}: ${c.grid} cells over ${c.template} px`, () => {
      const mask = new Uint8Array(c.grid * c.grid);
      writeForegroundMask(c.box_px, squares(c.template, c.grid), mask);
      expect([...mask]).toEqual(c.mask.flat());
    });
  }

  for (const [i, batch] of batches.entries()) {
    it(`batch ${i}: the labels of ${batch.grid} x ${batch.grid} cells collated`, () => {
      const members = labels.filter((c) => c.grid === batch.grid && c.search === batch.search);
      const collated = collateLabels(members.map(labelOf));
      expect(collated.sampleIndex).toEqual(batch.batch_index);
      expect(collated.cellIndex).toEqual(batch.cell_index);
      expect([collated.positiveCount]).toEqual(batch.num_positive_samples);
    });
  }
});
