import { reductionCases } from "../testing/cases/reduction.ts";
import { describeOperators } from "../testing/operator-suite.ts";

describeOperators("reductions and normalisations", reductionCases);
