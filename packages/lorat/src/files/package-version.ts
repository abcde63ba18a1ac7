import { readFile } from "node:fs/promises";
import { LoratError } from "@lorat/graph";

/** The version in a `package.json`; default: this package's own. Throws `PACKAGE_JSON` where there is none. */
export async function packageVersion(
  file: string | URL = new URL("../../package.json", import.meta.url),
): Promise<string> {
  const { version } = JSON.parse(await readFile(file, "utf8")) as { readonly version?: unknown };
  if (typeof version === "string") return version;
  throw new LoratError("PACKAGE_JSON", `${file} names no version`);
}
