import { productCases } from "../testing/cases/product.ts";
import { describeOperators } from "../testing/operator-suite.ts";

describeOperators("products", productCases);
