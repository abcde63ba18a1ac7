#!/usr/bin/env node
// The command line, as built from src/cli; a file of its own so that npm can link it before the first build.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error(
    "error[NOT_BUILT]: the command line was not built yet\nhint: run `npm start`, or `npm run build`",
  );
  process.exitCode = 1;
}
