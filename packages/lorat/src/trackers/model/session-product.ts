import type { MatMul } from "@lorat/core/weights";
import { float32, Graph, matmul, Session } from "@lorat/graph";

/** A product of matrices on ONNX Runtime, with one session for each size that was asked for. */
export interface SessionProduct {
  readonly matmul: MatMul;
  /** Releases the sessions. */
  dispose(): Promise<void>;
}

/** Products on the CPU. Sessions stay open: merging has a dozen different sizes at most. */
export function sessionProduct(): SessionProduct {
  const sessions = new Map<string, Promise<Session>>();
  return {
    async matmul(a, b, { m, k, n }) {
      const size = `${m}x${k}x${n}`;
      let session = sessions.get(size);
      if (!session) {
        session = create(m, k, n);
        sessions.set(size, session);
      }
      const { product } = await (await session).compute({ a: float32(a, [m, k]), b: float32(b, [k, n]) });
      return product!.data as Float32Array;
    },
    async dispose() {
      const open = [...sessions.values()];
      sessions.clear();
      await Promise.all(open.map(async (session) => (await session).dispose()));
    },
  };
}

function create(m: number, k: number, n: number): Promise<Session> {
  const graph = new Graph();
  const a = graph.input("a", [m, k]);
  const b = graph.input("b", [k, n]);
  return Session.create({ product: matmul(a, b) }, { device: "cpu" });
}
