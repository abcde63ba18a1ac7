import { type ChildProcess, fork } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { projectRoot } from "./bundle.ts";

/** A process of its own that answers one message after the other. */
export interface Child<Message, Answer> {
  /** Throws what the child reports, or how it ended. A child that ended is started anew. */
  ask(message: Message): Promise<Answer>;
  close(): Promise<void>;
}

type Reply<Answer> = { readonly value: Answer } | { readonly error: string };

/** Compiles a TypeScript module that calls {@link answerParent}, against the built packages, and keeps a process of it. */
export async function startChild<Message extends object, Answer>(
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<Child<Message, Answer>> {
  const script = await compileScript(file);
  let child: ChildProcess | undefined;
  let errors = "";
  const running = () => {
    if (child?.connected) return child;
    child = fork(script, { env, serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child.stderr!.on("data", (chunk) => (errors = (errors + chunk).slice(-2000)));
    return child;
  };
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        const process = running();
        const ended = (code: number | null, signal: string | null) =>
          reject(new Error(`the child ended with ${signal ?? code} before it answered: ${errors}`));
        process.once("close", ended);
        process.once("message", (reply: Reply<Answer>) => {
          process.off("close", ended);
          if ("value" in reply) resolve(reply.value);
          else reject(new Error(reply.error));
        });
        process.send(message);
      }),
    async close() {
      if (child?.connected) child.disconnect();
      await rm(script, { force: true });
    },
  };
}

/** The child's side: answers every message with what `work` gives, until the parent goes. */
export function answerParent<Message, Answer>(work: (message: Message) => Promise<Answer>): void {
  process.on("message", async (message: Message) => {
    const reply: Reply<Answer> = await work(message).then(
      (value) => ({ value }),
      (error: Error) => ({ error: error.stack ?? String(error) }),
    );
    process.send!(reply);
  });
  process.on("disconnect", () => process.exit());
}

async function compileScript(file: string): Promise<string> {
  const folder = join(projectRoot, "node_modules/.cache/lorat-e2e");
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, `${basename(file, ".ts")}-${process.pid}.mjs`);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "silent",
  });
  return outfile;
}
