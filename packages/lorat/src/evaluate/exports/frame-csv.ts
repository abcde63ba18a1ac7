import { fixed, lines } from "./box-text.ts";

/** One sequence, frame by frame. */
export interface FrameColumns {
  /** `[frames, 4]`: x, y, width, height. */
  readonly predicted: Float64Array;
  readonly truth: Float64Array;
  /** `[frames]`: 0 where the target is flagged as absent. */
  readonly visible?: Uint8Array | undefined;
  /** `[frames]`: see `SequenceScore`. */
  readonly overlaps: Float64Array;
  /** `[frames]`: the tracker's own. */
  readonly confidence?: Float64Array | undefined;
}

/** A sequence's frames as CSV under a heading, three decimals, frames counted from 0. Source: specification 5.4. */
export function frameCsv({ predicted, truth, visible, overlaps, confidence }: FrameColumns): string {
  const box = (rows: Float64Array, row: number) =>
    Array.from(rows.subarray(4 * row, 4 * row + 4), (value) => fixed(value, 3));
  const rows = lines(truth.length / 4, (row) =>
    [
      row,
      visible?.[row] ?? 1,
      confidence ? fixed(confidence[row]!, 3) : "",
      ...box(predicted, row),
      ...box(truth, row),
      fixed(overlaps[row]!, 3),
    ].join(","),
  );
  const heading = "ind,gt_obj_exist,pred_conf,pred_x,pred_y,pred_w,pred_h,gt_x,gt_y,gt_w,gt_h,iou";
  return `${heading}\n${rows}`;
}
