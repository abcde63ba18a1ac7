import { expect, it } from "vitest";
import { ablationRows } from "./rows.ts";
import { summariseSteps, summaryTable } from "./summary.ts";

it("takes norms by their median and losses by the mean of the last tenth", () => {
  const steps = Array.from({ length: 100 }, (_, i) => ({
    loss: i < 90 ? 9 : 2,
    iou: i < 90 ? 0 : 0.5,
    // One outlier must not show.
    gradNorm: i === 50 ? 1e6 : i < 10 ? 8 : i < 90 ? 4 : 1,
  }));
  expect(summariseSteps(steps)).toEqual({
    steps: 100,
    gradNormFirst: 8,
    gradNorm: 4,
    gradNormLast: 1,
    loss: 2,
    iou: 0.5,
  });
});

it("has one row a line, aligned, and marks the published one", () => {
  const figures = { trainable: 1234567, ...summariseSteps([{ loss: 1.5, iou: 0.25, gradNorm: 3 }]) };
  const text = summaryTable([
    { name: "mlp", title: "MLP head", published: true, ...figures, auc: 43.21 },
    { name: "conv", title: "convolutional head", published: false, ...figures },
  ]);
  const lines = text.split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^\* MLP head .*1,234,567 .*43\.2$/);
  expect(lines[2]).toMatch(/^ {2}convolutional head/);
});

it("knows one published row in every ablation, and no name twice", () => {
  for (const [ablation, rows] of Object.entries(ablationRows)) {
    expect(
      rows.filter(({ published }) => published),
      ablation,
    ).toHaveLength(1);
    expect(new Set(rows.map(({ name }) => name)).size, ablation).toBe(rows.length);
  }
});
