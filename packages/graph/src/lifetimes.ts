/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, the key of what `using` calls; a stand-in where the engine does not have it yet. */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** `Symbol.asyncDispose`, the key of what `await using` calls; a stand-in where the engine does not have it yet. */
export const asyncDisposeSymbol: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
