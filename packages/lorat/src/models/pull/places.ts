import { readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { isFile } from "../../files/download/index.ts";

type Env = NodeJS.ProcessEnv;

/** Where torch's hub keeps the checkpoints that it has fetched. */
export function torchHubFolder(env: Env): string {
  const home = env.TORCH_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "torch");
  return join(home, "hub", "checkpoints");
}

/** Where Hugging Face's tools keep what they have fetched. */
export function huggingFaceFolder(env: Env): string {
  const own = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  if (own) return own;
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return join(home, "hub");
}

/** A file in Hugging Face's cache. */
export interface HuggingFaceFile {
  readonly path: string;
  /** Its checksum, by which the cache names large files. */
  readonly sha256: string | undefined;
}

/** `file` of a repository in Hugging Face's cache: of the branch `main`, else of any revision that is there. */
export async function inHuggingFaceCache(
  repository: string,
  file: string,
  env: Env,
): Promise<HuggingFaceFile | undefined> {
  const folder = join(huggingFaceFolder(env), `models--${repository.replaceAll("/", "--")}`);
  const main = (await readFile(join(folder, "refs", "main"), "utf8").catch(() => "")).trim();
  const others = await readdir(join(folder, "snapshots")).catch(() => []);
  for (const revision of new Set([...(main ? [main] : []), ...others.sort()])) {
    const path = join(folder, "snapshots", revision, file);
    if (!(await isFile(path))) continue;
    const blob = basename(await realpath(path));
    return { path, sha256: /^[0-9a-f]{64}$/.test(blob) ? blob : undefined };
  }
  return undefined;
}

/** Hugging Face's address, or the one that `HF_ENDPOINT` puts in its place. */
export function huggingFaceEndpoint(env: Env): string {
  return (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
}

/** Whether the user's tools are told to contact nobody. */
export function isOffline(env: Env): boolean {
  return /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? "");
}

/** The token for Hugging Face: `HF_TOKEN`, or the one that its own tools have saved. */
export async function huggingFaceToken(env: Env): Promise<string | undefined> {
  if (env.HF_TOKEN) return env.HF_TOKEN.trim();
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  const saved = await readFile(env.HF_TOKEN_PATH || join(home, "token"), "utf8").catch(() => "");
  return saved.trim() || undefined;
}

/** Hugging Face's addresses at the host that `HF_ENDPOINT` names; others as they are. */
export function atEndpoint(address: string, env: Env): string {
  const url = new URL(address);
  return url.hostname === "huggingface.co" ? huggingFaceEndpoint(env) + url.pathname + url.search : address;
}

/**
 * Where to ask for what is published: as {@link atEndpoint}, and with `LORAT_MIRROR` at that host, the name of the first host being
 * the first part of the path.
 */
export function mirrored(address: string, env: Env): string {
  const own = atEndpoint(address, env);
  const mirror = env.LORAT_MIRROR?.replace(/\/+$/, "");
  if (!mirror || own !== address) return own;
  const url = new URL(address);
  return `${mirror}/${url.host}${url.pathname}${url.search}`;
}
