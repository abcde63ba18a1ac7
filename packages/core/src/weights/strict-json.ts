import { LoratError } from "@lorat/graph";

/** Codes that {@link parseStrictJson} throws with. */
export interface StrictJsonCodes {
  readonly syntax: string;
  readonly duplicate: string;
}

/**
 * Parses JSON as weight-file headers need it: a key twice in one object is refused, and so are numbers that are not plain
 * non-negative integers, where `JSON.parse` keeps the last of the keys and reads `1e1` as ten.
 */
export function parseStrictJson(text: string, what: string, codes: StrictJsonCodes): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LoratError(codes.syntax, `${what} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  checkKeysAndNumbers(text, what, codes);
  return value;
}

/** Walks the tokens of text that is known to be valid JSON. */
function checkKeysAndNumbers(text: string, what: string, codes: StrictJsonCodes): void {
  const open: (Set<string> | undefined)[] = [];
  let keyComes = false;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    const start = at;
    at++;
    if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      keyComes = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if (char === ",") {
      keyComes = open.at(-1) !== undefined;
    } else if (char === '"') {
      at = endOfString(text, at);
      const string = JSON.parse(text.slice(start, at)) as string;
      if (/\p{Surrogate}/u.test(string)) {
        throw new LoratError(
          codes.syntax,
          `${what} has half a surrogate pair in the string at character ${start}`,
        );
      }
      const keys = open.at(-1);
      if (!keyComes || !keys) continue;
      if (keys.has(string)) {
        throw new LoratError(
          codes.duplicate,
          `${what} has the key "${string}" twice, again at character ${start}`,
        );
      }
      keys.add(string);
      keyComes = false;
    } else if (char === "-" || (char >= "0" && char <= "9")) {
      while (at < text.length && /[-+.\deE]/.test(text[at]!)) at++;
      const number = text.slice(start, at);
      if (!/^\d+$/.test(number)) {
        throw new LoratError(
          codes.syntax,
          `${what} has the number ${number} at character ${start}, where only non-negative integers are allowed`,
        );
      }
    }
  }
}

/** The character after the closing quote of a string whose first character is at `from`. */
function endOfString(text: string, from: number): number {
  let at = from;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
