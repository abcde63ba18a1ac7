import { defineConfig } from "vitest/config";

const source = { conditions: ["lorat-source"] };

/** Three projects: `unit` beside the code, `parity` against recorded reference numbers, `e2e` over the built files. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          name: "unit",
          setupFiles: ["tests/setup.ts"],
          include: ["packages/*/src/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          name: "parity",
          setupFiles: ["tests/setup.ts"],
          include: ["tests/parity/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
