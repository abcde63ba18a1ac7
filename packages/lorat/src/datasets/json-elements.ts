import { LoratError } from "@lorat/graph";

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Hands over the elements of the named lists of a JSON object one by one: COCO's training annotations are half a gigabyte,
 * which parsed as a whole would need several. Lists come in the order of the file. Throws `DATASET_JSON`.
 */
export function forEachJsonElement(
  bytes: Buffer,
  visit: Readonly<Record<string, (element: unknown) => void>>,
  file: string,
): void {
  let at = bytes[0] === 0xef ? 3 : 0;

  const fail = (expected: string, cause?: unknown): never => {
    const found = at < bytes.length ? JSON.stringify(bytes.toString("utf8", at, at + 20)) : "the end";
    throw new LoratError("DATASET_JSON", `${file}: expected ${expected} at byte ${at}, found ${found}`, {
      cause,
    });
  };
  const skipBlanks = () => {
    while (at < bytes.length && bytes[at]! <= 0x20) at++;
  };
  const take = (byte: number) => {
    skipBlanks();
    if (bytes[at] !== byte) fail(JSON.stringify(String.fromCharCode(byte)));
    at++;
  };
  const takes = (byte: number) => {
    skipBlanks();
    if (bytes[at] !== byte) return false;
    at++;
    return true;
  };
  const skipString = () => {
    take(QUOTE);
    while (bytes[at] !== QUOTE) {
      if (at >= bytes.length) fail("the end of a text");
      at += bytes[at] === BACKSLASH ? 2 : 1;
    }
    at++;
  };
  const skipValue = () => {
    skipBlanks();
    let depth = 0;
    do {
      const byte = bytes[at];
      if (byte === undefined) fail("the end of a value");
      if (byte === QUOTE) {
        skipString();
        continue;
      }
      if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
      else if (depth === 0) {
        while (at < bytes.length && ![COMMA, CLOSE_LIST, CLOSE_OBJECT].includes(bytes[at]!)) at++;
        return;
      }
      at++;
    } while (depth > 0);
  };
  const parse = (start: number): unknown => {
    try {
      return JSON.parse(bytes.toString("utf8", start, at));
    } catch (cause) {
      at = start;
      return fail("a JSON value", cause);
    }
  };

  take(OPEN_OBJECT);
  if (takes(CLOSE_OBJECT)) return;
  do {
    skipBlanks();
    const start = at;
    skipString();
    const use = visit[parse(start) as string];
    take(COLON);
    if (!use) {
      skipValue();
      continue;
    }
    take(OPEN_LIST);
    if (takes(CLOSE_LIST)) continue;
    do {
      skipBlanks();
      const element = at;
      skipValue();
      use(parse(element));
    } while (takes(COMMA));
    take(CLOSE_LIST);
  } while (takes(COMMA));
  take(CLOSE_OBJECT);
}
