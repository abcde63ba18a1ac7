import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A hash of the program that runs: the files of this package and of the two that it is built on, by their names and contents.
 * Sources and tests beside built files do not count.
 */
export async function codeFingerprint(): Promise<string> {
  const own = fileURLToPath(new URL("..", import.meta.url));
  const others = ["@lorat/core", "@lorat/graph"].map((name) =>
    dirname(fileURLToPath(import.meta.resolve(name))),
  );
  const hash = createHash("sha256");
  for (const folder of [own, ...others]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter(
        (entry) => entry.isFile() && /\.[jt]s$/.test(entry.name) && !/\.test\.|\.d\.ts$/.test(entry.name),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) {
      hash.update(`${relative(folder, file)}\n`);
      hash.update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
