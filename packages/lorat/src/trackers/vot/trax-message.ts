import { LoratError } from "@lorat/graph";

/** Messages of the TraX protocol; `status` is the reference library's second name of `state`. */
export const TRAX_MESSAGES = ["hello", "initialize", "frame", "state", "quit"] as const;
type TraxMessageType = (typeof TRAX_MESSAGES)[number];

/** One line of a TraX session. */
export interface TraxMessage {
  readonly type: TraxMessageType;
  readonly args: readonly string[];
  /** Named arguments; keys are letters, digits, `.` and `_`, at most 64 of them. */
  readonly properties: Readonly<Record<string, string>>;
}

const PREFIX = "@@TRAX:";
const KEY = /^[A-Za-z0-9._]{1,64}$/;

/**
 * Reads one line (without its end); undefined for one that is no message, which a tracker may print at any time. Throws
 * `TRAX_PROTOCOL` for a message that cannot be read. Source: TraX protocol specification, "Message format".
 */
export function parseTraxLine(line: string): TraxMessage | undefined {
  if (!line.startsWith(PREFIX)) return undefined;
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const name = /^[A-Za-z0-9]*/.exec(text.slice(PREFIX.length))![0];
  const lower = name.toLowerCase();
  const type = TRAX_MESSAGES.find((one) => one === (lower === "status" ? "state" : lower));
  const start = PREFIX.length + name.length;
  if (!type || (start < text.length && text[start] !== " ")) throw malformed(text, "no known message");
  const args: string[] = [];
  const properties: Record<string, string> = {};
  for (const { key, value } of words(text, start)) {
    if (key === undefined) args.push(value);
    else properties[key] = value;
  }
  return { type, args, properties };
}

/** The message as a line with its end, every argument quoted. Throws `TRAX_PROTOCOL` for a key that the protocol forbids. */
export function formatTraxMessage({ type, args, properties }: TraxMessage): string {
  const words = [
    ...args.map(escapeText),
    ...Object.entries(properties).map(([key, value]) => {
      if (!KEY.test(key)) {
        throw new LoratError(
          "TRAX_PROTOCOL",
          `the property "${key}" has no valid name: letters, digits, . and _, at most 64`,
        );
      }
      return `${key}=${escapeText(value)}`;
    }),
  ];
  return `${PREFIX}${type} ${words.map((word) => `"${word}" `).join("")}\n`;
}

function escapeText(text: string): string {
  return text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n");
}

interface Word {
  readonly key?: string;
  readonly value: string;
}

/** Arguments from `start` on: quoted or bare, `\"`, `\\` and `\n` undone. */
function* words(text: string, start: number): Generator<Word> {
  let at = start;
  while (at < text.length) {
    if (text[at] === " ") {
      at++;
      continue;
    }
    const quoted = text[at] === '"';
    if (quoted) at++;
    const from = at;
    let equals = -1;
    let escaped = false;
    while (at < text.length && text[at] !== (quoted ? '"' : " ")) {
      // What stands before the first = is a name only where it looks like one: base64 ends in = too.
      if (text[at] === "=" && equals < 0 && KEY.test(text.slice(from, Math.min(at, from + 65)))) equals = at;
      if (text[at] === "\\") {
        escaped = true;
        at++;
      }
      at++;
    }
    if (at > text.length) throw malformed(text, "a backslash at its end");
    const end = at;
    if (quoted) {
      if (end >= text.length) throw malformed(text, "a quote that is not closed");
      at++;
      if (at < text.length && text[at] !== " ") throw malformed(text, "no space after a quote");
    }
    const plain = (a: number, b: number) => {
      const part = text.slice(a, b);
      return escaped ? part.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c)) : part;
    };
    yield equals < 0
      ? { value: plain(from, end) }
      : { key: text.slice(from, equals), value: plain(equals + 1, end) };
  }
}

function malformed(line: string, problem: string): LoratError {
  const shown = line.length > 120 ? `${line.slice(0, 120)}...` : line;
  return new LoratError("TRAX_PROTOCOL", `this TraX line cannot be read, it has ${problem}: ${shown}`);
}
