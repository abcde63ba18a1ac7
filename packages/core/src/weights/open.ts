import { LoratError } from "@lorat/graph";
import type { ByteSource } from "./byte-source.ts";
import { withAuthorsNames } from "./foreign-names.ts";
import { openSafetensors } from "./safetensors.ts";
import type { TensorFile } from "./tensor-file.ts";
import { openTorchZip } from "./torch-zip.ts";
import { withUsualNames } from "./usual-names.ts";

/**
 * Opens a weight file by what is in it, not by its name: safetensors (also where it is called `.bin`, as LoRAT's releases
 * are) or torch's zip archives. `name` is used in messages.
 *
 * Throws `WEIGHTS_EMPTY`, `WEIGHTS_IS_HTML`, `WEIGHTS_IS_TEXT`, `WEIGHTS_GIT_LFS`, `TORCH_LEGACY_FORMAT`, and what
 * {@link openSafetensors} and {@link openTorchZip} throw; `name` begins every message.
 */
export async function openTensorFile(source: ByteSource, name: string): Promise<TensorFile> {
  try {
    const head = await source.read(0, Math.min(source.size, 512));
    if (head.byteLength === 0) throw new LoratError("WEIGHTS_EMPTY", "the file is empty");
    if (startsWith(head, [0x50, 0x4b])) return opened(await openTorchZip(source));
    if (head[8] !== 0x7b || looksLikeText(head)) refuseKnownStrangers(head);
    return opened(await openSafetensors(source));
  } catch (error) {
    if (!(error instanceof LoratError)) throw error;
    const { hint, issues, cause } = error;
    throw new LoratError(error.code, `${name}: ${error.message}`, {
      hint,
      issues,
      cause: cause ?? error,
    });
  }
}

/** Under the names of DINOv2's and LoRAT's authors, whoever wrote it. */
const opened = (file: TensorFile) => withAuthorsNames(withUsualNames(file));

function refuseKnownStrangers(head: Uint8Array): void {
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) {
    throw new LoratError(
      "TORCH_LEGACY_FORMAT",
      "the file is a bare pickle, as torch wrote before release 1.6",
      {
        hint: "Load it with torch.load(…, weights_only=True) and save it again with torch.save, or as safetensors.",
      },
    );
  }
  if (!looksLikeText(head)) return;
  const text = String.fromCharCode(...head).trim();
  const start = JSON.stringify(text.slice(0, 40));
  if (text.startsWith("<")) {
    throw new LoratError(
      "WEIGHTS_IS_HTML",
      `the file is a page of HTML or XML, not weights; it begins with ${start}`,
      {
        hint: "The link probably led to a page about the file, or to an error: download the file itself.",
      },
    );
  }
  if (text.startsWith("version https://git-lfs")) {
    throw new LoratError("WEIGHTS_GIT_LFS", "the file is a Git LFS pointer, not the weights", {
      hint: "Run `git lfs pull` in the repository that it came from.",
    });
  }
  throw new LoratError("WEIGHTS_IS_TEXT", `the file is text, not weights; it begins with ${start}`);
}

function looksLikeText(head: Uint8Array): boolean {
  const start = head.subarray(0, 64);
  if (start.some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d))) return false;
  try {
    // streaming, because the last character may be cut
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
