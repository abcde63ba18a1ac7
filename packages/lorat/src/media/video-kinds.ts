import { extname } from "node:path";
import { LoratError } from "@lorat/graph";

/** Kinds of video files that are written. */
export type VideoKind = "mp4" | "mov" | "mkv" | "webm" | "gif";

const KINDS: Readonly<Record<string, VideoKind>> = {
  "": "mp4",
  ".mp4": "mp4",
  ".m4v": "mp4",
  ".mov": "mov",
  ".mkv": "mkv",
  ".webm": "webm",
  ".gif": "gif",
};

/** The kind that a file's extension names; MP4 for devices, pipes and names without one. Throws `OUTPUT_FORMAT`. */
export function videoKind(path: string): VideoKind {
  const kind = KINDS[/^(-|\/dev\/|\/proc\/)/.test(path) ? "" : extname(path).toLowerCase()];
  if (kind) return kind;
  throw new LoratError(
    "OUTPUT_FORMAT",
    `${path}: there is no writer for videos of the kind ${extname(path)}`,
    {
      hint: `Choose one of ${Object.keys(KINDS).filter(Boolean).join(", ")}, and convert it with ffmpeg -i OUT.mp4 ${path} if need be.`,
    },
  );
}
