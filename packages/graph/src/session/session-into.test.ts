import { describe, expect, it } from "vitest";
import { add, float32, Graph, mul, Session, sub, type Tensor } from "../index.ts";

/** A moving average and what follows it: both outputs may take the place of the inputs that they are made from. */
async function averageSession(): Promise<Session> {
  const graph = new Graph();
  const mean = add(mul(graph.input("mean", [1000]), 0.9), mul(graph.input("gradient", [1000]), 0.1));
  const value = sub(graph.input("value", [1000]), mul(mean, 0.5));
  return Session.create({ "next/mean": mean, "next/value": value }, { device: "cpu", threads: 1 });
}

const filled = (seed: number) =>
  float32(
    Float32Array.from({ length: 1000 }, (_, i) => Math.sin(seed + i)),
    [1000],
  );

describe("Session.run into memory that is given", () => {
  it("writes there, and gives the very tensors back", async () => {
    const session = await averageSession();
    const feeds = { mean: filled(1), gradient: filled(2), value: filled(3) };
    const memory = float32(new Float32Array(1000), [1000]);
    const expected = await session.compute(feeds);
    const out = await session.run(feeds, { "next/mean": memory });
    expect(out["next/mean"]).toBe(memory);
    expect(memory.data).toEqual(expected["next/mean"]!.data);
    expect((out["next/value"] as Tensor).data).toEqual(expected["next/value"]!.data);
    await session.dispose();
  });

  it("may be the memory of inputs, step after step", async () => {
    const session = await averageSession();
    const [mean, value] = [filled(1), filled(3)];
    let apart = { mean: filled(1) as Tensor, value: filled(3) as Tensor };
    for (let step = 0; step < 5; step++) {
      const gradient = filled(10 + step);
      const next = await session.compute({ ...apart, gradient });
      apart = { mean: next["next/mean"]!, value: next["next/value"]! };
      await session.run({ mean, value, gradient }, { "next/mean": mean, "next/value": value });
    }
    expect(mean.data).toEqual(apart.mean.data);
    expect(value.data).toEqual(apart.value.data);
    await session.dispose();
  });
});
