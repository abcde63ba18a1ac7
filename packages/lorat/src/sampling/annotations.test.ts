import { expect, it } from "vitest";
import { cornersOrNull } from "./annotations.ts";

it("takes NaN and empty boxes for absent targets", () => {
  const nan = Number.NaN;
  const rows = Float64Array.of(1, 2, 3, 4, 9, 10, 11.5, 12, nan, nan, nan, nan, 0, 0, 0, 0, 1, 1, -5, 5);
  expect(cornersOrNull(rows)).toEqual([[1, 2, 4, 6], [9, 10, 20.5, 22], null, null, null]);
});
