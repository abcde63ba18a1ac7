import { describe, expect, it } from "vitest";
import type { Corners } from "../../packages/core/src/geometry/box.ts";
import { writeForegroundMask } from "../../packages/core/src/geometry/grid.ts";
import { searchLabel, writeLabel } from "../../packages/core/src/training/labels.ts";
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
const squares = (sizePx: number, cells: number) => ({ sizePx, cells });
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
      const cells = batch.grid ** 2;
      const arrays = {
        positives: new Float32Array(members.length * cells),
        boxes: new Float32Array(members.length * 4),
      };
      const counts = members.map((member, index) => writeLabel(labelOf(member), index, arrays));
      const positive = [...arrays.positives.keys()].filter((at) => arrays.positives[at] === 1);
      expect(positive.map((at) => Math.floor(at / cells))).toEqual(batch.batch_index);
      expect(positive.map((at) => at % cells)).toEqual(batch.cell_index);
      expect([counts.reduce((a, b) => a + b, 0)]).toEqual(batch.num_positive_samples);
    });
  }
});
