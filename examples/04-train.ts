/**
 * Adapts the default model by LoRA to procedural pairs: node scripts/run.mjs examples/04-train.ts RUN [STEPS]
 * A run that was stopped goes on when it is started again with `resume: true`.
 */
import { presetNamed, train } from "lorat";

const [folder = "run", steps = "300"] = process.argv.slice(2);
const config = presetNamed("nano-lora").config({ steps: Number(steps), seed: 1 });

const { step, finished } = await train(config, {
  folder,
  device: "cpu",
  onStep: ({ step, loss, iou }) =>
    console.log(`step ${step}: loss ${loss.toFixed(3)}, IoU ${iou.toFixed(3)}`),
});
console.log(`${finished ? "finished" : "stopped"} after ${step} steps, in ${folder}`);
