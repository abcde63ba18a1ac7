import { type FileHandle, open, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { unwritable } from "../system-error.ts";

const stateSchema = z.object({
  url: z.string(),
  /** What tells one content behind the address from another: an entity tag, or a date. */
  validator: z.string().optional(),
  total: z.int().min(0).optional(),
});

/** What is known of the file that a part belongs to. */
export type PartState = z.infer<typeof stateSchema>;

/** The beginning of a file that is being fetched: `PATH.part`, and `PATH.part.json` with where it comes from. */
export interface Partial {
  readonly path: string;
  /** Bytes that are there. */
  have: number;
  readonly state: PartState;
  append(bytes: Uint8Array): Promise<void>;
  /** Starts again with nothing, or goes on with another state of knowledge. */
  reset(state: PartState, keep: boolean): Promise<void>;
  close(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

export const partPath = (path: string) => `${path}.part`;
const statePath = (path: string) => `${partPath(path)}.json`;

/** Opens what an earlier attempt left of `path`, or nothing where it came from another address. Throws `OUTPUT_UNWRITABLE`. */
export async function openPartial(path: string, url: string): Promise<Partial> {
  let handle: FileHandle;
  let state = await readState(statePath(path));
  try {
    handle = await open(partPath(path), "a+");
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const reset = async (next: PartState, keep: boolean) => {
    try {
      if (!keep) await handle.truncate(0);
      if (JSON.stringify(next) !== JSON.stringify(state)) {
        // As a whole or not at all: without it what was fetched would count for nothing.
        const whole = `${statePath(path)}.${process.pid}`;
        await writeFile(whole, `${JSON.stringify(next)}\n`);
        await rename(whole, statePath(path));
      }
    } catch (cause) {
      throw unwritable(path, cause);
    }
    state = next;
    if (!keep) partial.have = 0;
  };
  const partial: Partial = {
    path: partPath(path),
    have: (await handle.stat()).size,
    get state() {
      return state ?? { url };
    },
    async append(bytes) {
      try {
        await handle.writeFile(bytes);
      } catch (cause) {
        throw unwritable(path, cause);
      }
      partial.have += bytes.byteLength;
    },
    reset,
    async close() {
      await handle.sync().catch(() => {});
      await handle.close().catch(() => {});
    },
    async discard() {
      await Promise.all([partPath(path), statePath(path)].map((one) => rm(one, { force: true })));
    },
  };
  if (state?.url !== url && partial.have > 0) await reset({ url }, false);
  return partial;
}

/** Removes what is noted beside a part that got its own name. */
export async function forgetState(path: string): Promise<void> {
  await rm(statePath(path), { force: true });
}

/** Throws `OUTPUT_UNWRITABLE` where a disk has not the room for `bytes` more. */
export async function requireRoom(path: string, bytes: number): Promise<void> {
  const info = await statfs(dirname(path)).catch(() => undefined);
  // Some file systems do not tell.
  if (!info || info.blocks === 0) return;
  const free = info.bavail * info.bsize;
  if (bytes <= free) return;
  const megabytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  throw new LoratError(
    "OUTPUT_UNWRITABLE",
    `${path} needs ${megabytes(bytes)} more, the disk has ${megabytes(free)} free`,
    { hint: "Make room on that disk, or choose another place with LORAT_CACHE." },
  );
}

async function readState(path: string): Promise<PartState | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
