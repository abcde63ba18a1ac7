import { LoratError } from "@lorat/graph";

/** A command as its words, the way a shell splits them: blanks, single and double quotes, backslashes. Throws `TRAX_COMMAND`. */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < command.length; i++) {
    const c = command[i]!;
    if (quote) {
      if (c === quote) quote = "";
      else if (c === "\\" && quote === '"' && /["\\]/.test(command[i + 1] ?? "")) word += command[++i]!;
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + (c === "\\" && i + 1 < command.length ? command[++i]! : c);
    }
  }
  if (quote) throw new LoratError("TRAX_COMMAND", `a ${quote} is not closed in the command: ${command}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new LoratError("TRAX_COMMAND", "the tracker's command is empty");
  return words;
}
