import { layoutCases } from "../testing/cases/layout.ts";
import { describeOperators } from "../testing/operator-suite.ts";

describeOperators("layout operators", layoutCases);
