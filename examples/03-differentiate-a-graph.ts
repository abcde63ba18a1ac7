/**
 * A gradient as part of the graph that is run: node scripts/run.mjs examples/03-differentiate-a-graph.ts
 */
import { float32, Graph, gradient, linear, mul, reduceMean, Session, sub } from "@lorat/graph";

const graph = new Graph();
const x = graph.input("x", [4, 3]);
const wished = graph.input("y", [4, 2]);
const weight = graph.parameter("weight", [2, 3]);
const error = sub(linear(x, weight), wished); // [4, 2]
const loss = reduceMean(mul(error, error));
const [slope] = gradient(loss, [weight]);

const session = await Session.create({ loss, slope: slope! }, { device: "cpu" });
let w = new Float32Array(6);
for (let step = 0; step < 200; step++) {
  const out = await session.compute({
    x: float32([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [4, 3]),
    y: float32([1, 2, 3, 4, 5, 6, 9, 12], [4, 2]),
    weight: float32(w, [2, 3]),
  });
  w = w.map((value, i) => value - 0.5 * Number(out.slope!.data[i]));
  if (step % 50 === 0) console.log(`step ${step}: loss ${Number(out.loss!.data[0]).toFixed(6)}`);
}
console.log("weight", Array.from(w, (value) => value.toFixed(3)).join(" "), "(expected 1 3 5 2 4 6)");
await session.dispose();
