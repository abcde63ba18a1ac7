/** Files below a folder or in an archive, by their paths from its root with `/` between parts. */
export interface Tree {
  /** As it was given, for messages. */
  readonly path: string;
  readonly kind: "folder" | "tar" | "zip";
  /** Paths in order. */
  readonly files: readonly string[];
  /** Throws `TREE_UNREADABLE`. */
  read(file: string): Promise<Uint8Array>;
}

/** Files of an archive that was unpacked in memory. */
export type UnpackedFiles = Map<string, Uint8Array>;
