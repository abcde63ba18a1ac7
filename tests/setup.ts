import fc from "fast-check";

/** Seed of every property test; a failing run prints it together with the path to the counterexample. */
const seed = Number(process.env.LORAT_TEST_SEED ?? 20261122);
fc.configureGlobal({ seed });
