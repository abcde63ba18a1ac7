import { loraConfig } from "@lorat/core/model";
import { ABLATIONS, ablationRows } from "../ablate/rows.ts";
import type { Preset } from "./reference.ts";
import { paperRun } from "./reference.ts";

/**
 * The rows of the paper's ablations (specification 1.8), each B-224's own training with one thing changed:
 * `lorat train ablation-head-conv --base BACKBONE --data DIR --got10k-list FILE --out RUN`. The poster's
 * ablation of embeddings is in `report/published`; its other tables are not at hand. `lorat ablate` runs the rows side by side on data of your own.
 */
export const ablationPresets: readonly Preset[] = ABLATIONS.flatMap((ablation) =>
  ablationRows[ablation].map((row) => {
    const name = `ablation-${ablation}-${row.name}`;
    return {
      name,
      summary: `B-224 with ${row.title}${row.published ? " (as published)" : ""}`,
      expected: row.published ? "LaSOT SUC 71.7" : "the paper's ablations",
      needs: "as B-224",
      config: (options) =>
        row.change(paperRun({ name, variant: "B-224", model: (v) => loraConfig(v), data: "all" }, options)),
    };
  }),
);
