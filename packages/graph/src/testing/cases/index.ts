import type { OperatorCase } from "./case.ts";
import { compositeCases } from "./composite.ts";
import { elementwiseCases } from "./elementwise.ts";
import { layoutCases } from "./layout.ts";
import { productCases } from "./product.ts";
import { reductionCases } from "./reduction.ts";

/** Every operator of the package, and a few of their compositions. */
export const operatorCases: readonly OperatorCase[] = [
  ...elementwiseCases,
  ...layoutCases,
  ...reductionCases,
  ...productCases,
  ...compositeCases,
];
