/**
 * Results of `task` over `items` in order, with up to `inFlight` tasks begun before the reader asks for them. An
 * error comes after all results before it; results begun and not read are let go.
 */
export async function* mapAhead<T, R>(
  items: readonly T[],
  inFlight: number,
  task: (item: T, position: number) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const pending: Promise<R>[] = [];
  let begun = 0;
  try {
    while (begun < items.length || pending.length > 0) {
      while (begun < items.length && pending.length < inFlight) {
        const result = task(items[begun]!, begun);
        result.catch(() => {}); // seen when its turn comes
        pending.push(result);
        begun++;
      }
      yield await pending.shift()!;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}
