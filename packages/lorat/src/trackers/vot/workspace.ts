import { mkdir, readlink, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LoratError } from "@lorat/graph";
import { checkFree, writeWhole } from "../../files/pending-file.ts";

/** Experiment stacks that LoRAT is evaluated with (specification 5.5); the toolkit knows more. */
export const VOT_STACKS = [
  "vot2020/shortterm",
  "vot2022/shorttermbox",
  "vots2023",
  "vots2024/main",
  "vots2025/main",
  "tests/multiobject",
] as const;

export interface WorkspaceOptions {
  /** Default: `vot2022/shorttermbox`. */
  readonly stack?: string;
  /** Default: `nano`. */
  readonly model?: string;
  readonly adapter?: string;
  readonly device?: string;
  readonly precision?: string;
  /** `trax`, one process that answers frame by frame, or `folder`, one run a sequence; default: `trax`. */
  readonly protocol?: "trax" | "folder";
  /** A folder of sequences to link; without it the toolkit downloads the stack's own. */
  readonly sequences?: string;
  /** Words that start this program's command line; default: this very one. */
  readonly program?: readonly string[];
  readonly force?: boolean;
}

/** What was written. */
export interface Workspace {
  readonly folder: string;
  /** The tracker's name in the toolkit. */
  readonly tracker: string;
  readonly files: readonly string[];
}

/** Seconds that the toolkit waits for an answer. */
const TIMEOUT = 18000;

/**
 * Writes the files that make a folder a workspace of the VOT toolkit: `config.yaml` (stack, registry), `trackers.ini` (label,
 * protocol, command, environment), and the folders `sequences` and `results`. Throws `OUTPUT_EXISTS` for files that are there
 * (all are looked at before one is written, unless `force`), `VOT_STACK` for a name that is none, `INPUT_NOT_FOUND` for sequences
 * that are not there, `OUTPUT_UNWRITABLE`. Source: specification 5.5; VOT toolkit documentation, "Tracker integration".
 */
export async function writeWorkspace(folder: string, options: WorkspaceOptions = {}): Promise<Workspace> {
  const { stack = "vot2022/shorttermbox", model = "nano", force = false, sequences } = options;
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(stack)) {
    throw new LoratError("VOT_STACK", `"${stack}" is not the name of a stack`, {
      hint: `for example ${VOT_STACKS.join(", ")}`,
    });
  }
  if (sequences !== undefined && !(await stat(sequences).catch(() => undefined))?.isDirectory()) {
    throw new LoratError("INPUT_NOT_FOUND", `${sequences} is not a folder`);
  }
  const tracker = `LoRAT-${model}`.replace(/\/+$/, "").replace(/[^A-Za-z0-9-]+/g, "-");
  const contents: Readonly<Record<string, string>> = {
    "config.yaml": `registry:\n- ./trackers.ini\nstack: ${stack}\n`,
    "trackers.ini": trackersIni(tracker, model, options),
  };
  const files = Object.keys(contents);
  for (const name of files) await checkFree(join(folder, name), force);
  for (const name of files) await writeWhole(join(folder, name), contents[name]!, { force });
  await mkdir(join(folder, "results"), { recursive: true });
  if (sequences === undefined) await mkdir(join(folder, "sequences"), { recursive: true });
  else await linkOnce(resolve(sequences), join(folder, "sequences"));
  return { folder, tracker, files };
}

function trackersIni(tracker: string, model: string, options: WorkspaceOptions): string {
  const { adapter, device, precision, protocol = "trax", program = thisProgram() } = options;
  const command = [
    ...program,
    "vot",
    protocol,
    "--model",
    model,
    ...(adapter === undefined ? [] : ["--adapter", resolve(adapter)]),
    ...(device === undefined ? [] : ["--device", device]),
    ...(precision === undefined ? [] : ["--precision", precision]),
  ].map(shellWord);
  return `${[
    `[${tracker}]`,
    `label = LoRAT ${model}`,
    `protocol = ${protocol}`,
    // The toolkit's reader of this file takes % as the start of a substitution.
    `command = ${command.join(" ").replaceAll("%", "%%")}`,
    "env_NODE_NO_WARNINGS = 1",
    `timeout = ${TIMEOUT}`,
    protocol === "trax" ? "socket = 1" : "convert = rectangle",
  ].join("\n")}\n`;
}

/** How this program was started: the toolkit runs the command in a folder of its own. */
function thisProgram(): string[] {
  return [process.execPath, resolve(process.argv[1] ?? "lorat")];
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

async function linkOnce(target: string, link: string): Promise<void> {
  if ((await readlink(link).catch(() => undefined)) === target) return;
  await symlink(target, link, "junction").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EEXIST") {
      throw new LoratError("OUTPUT_EXISTS", `${link} exists and is no link to ${target}`, {
        hint: "Remove it, or leave --sequences out.",
      });
    }
    throw new LoratError("OUTPUT_UNWRITABLE", `${link} cannot be linked: ${cause.message}`, { cause });
  });
}
