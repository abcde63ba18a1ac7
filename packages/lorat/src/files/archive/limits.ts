import { LoratError } from "@lorat/graph";

/** How much an archive may unpack to. */
export interface ArchiveLimits {
  /** Bytes of all members together, and of the archive itself. */
  readonly bytes: number;
  readonly members: number;
  /** Unpacked bytes for each packed one, where more than {@link freeBytes} are unpacked. */
  readonly ratio: number;
  readonly freeBytes: number;
}

/** Texts of boxes shrink to a fifth or so; only made-up files shrink to a hundredth. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  bytes: 2 ** 31 - 1,
  members: 200_000,
  ratio: 100,
  freeBytes: 64 * 2 ** 20,
};

/** Bytes that an archive of `packed` bytes may unpack to. */
export function allowedBytes(packed: number, { bytes, ratio, freeBytes }: ArchiveLimits): number {
  return Math.min(bytes, Math.max(freeBytes, packed * ratio));
}

export function tooLarge(path: string, what: string): LoratError {
  return new LoratError("ARCHIVE_TOO_LARGE", `${path} is not unpacked: ${what}`, {
    hint: "If it is what it says, unpack it yourself and give the folder.",
  });
}

export function damaged(path: string, reason: string, cause?: unknown): LoratError {
  return new LoratError("ARCHIVE_DAMAGED", `${path} cannot be unpacked: ${reason}`, {
    hint: "It was probably cut short; fetch it again.",
    cause,
  });
}

/** Why members of an archive are refused, gathered over all of them. */
export class MemberCheck {
  readonly #path: string;
  readonly #names = new Set<string>();
  readonly #problems: { readonly code: string; readonly text: string }[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Looks at a member; false where it is refused. `link` is what it points to. */
  accepts(name: string, link?: string): boolean {
    const unsafe = unsafeName(name);
    if (unsafe) this.#add("ARCHIVE_UNSAFE_NAME", `${JSON.stringify(name)}: ${unsafe}`);
    else if (link !== undefined) this.#add("ARCHIVE_LINK", `${name}: a link${link && ` to ${link}`}`);
    else if (this.#names.has(name)) this.#add("ARCHIVE_DUPLICATE_NAME", `${name}: comes twice`);
    else {
      this.#names.add(name);
      return true;
    }
    return false;
  }

  /** Throws where a member was refused. */
  finish(): void {
    if (this.#problems.length === 0) return;
    const codes = new Set(this.#problems.map(({ code }) => code));
    const shown = this.#problems.slice(0, 20).map(({ text }) => text);
    const rest = this.#problems.length - shown.length;
    throw new LoratError(
      codes.size === 1 ? this.#problems[0]!.code : "ARCHIVE_REFUSED",
      `${this.#path} holds ${this.#problems.length === 1 ? "a member" : `${this.#problems.length} members`} that no archive of boxes needs`,
      { issues: rest > 0 ? [...shown, `and ${rest} more`] : shown },
    );
  }

  #add(code: string, text: string): void {
    this.#problems.push({ code, text });
  }
}

function unsafeName(name: string): string | undefined {
  if (/^([a-z]:)?[\\/]/i.test(name)) return "an absolute path";
  if (/^[a-z]:/i.test(name)) return "a path with a drive";
  if (name.split(/[\\/]/).includes("..")) return 'a path with ".."';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (name === "" || /[\u0000-\u001f\u007f]/.test(name)) return "no proper name";
  return undefined;
}
