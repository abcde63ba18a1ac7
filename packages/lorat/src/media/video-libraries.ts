import { LoratError } from "@lorat/graph";

/**
 * Checks that the optional packages for videos are there, before a module is loaded that imports them. Writing needs
 * mediabunny's encoders besides. Throws `VIDEO_LIBRARY_MISSING`.
 */
export async function requireVideoLibraries(use: "read" | "write"): Promise<void> {
  try {
    await import("node-av/lib");
    if (use === "write") await import("@mediabunny/server");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new LoratError("VIDEO_LIBRARY_MISSING", `the packages for videos cannot be loaded: ${reason}`, {
      hint: "install them with: npm install node-av @mediabunny/server; a folder of JPEG or PNG images needs neither",
      cause,
    });
  }
}
