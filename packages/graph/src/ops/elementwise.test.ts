import { elementwiseCases } from "../testing/cases/elementwise.ts";
import { describeOperators } from "../testing/operator-suite.ts";

describeOperators("elementwise operators", elementwiseCases);
