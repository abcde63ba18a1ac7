import type { MadeBatch } from "./batch-maker.ts";

/** What a worker answers to a step number. */
export type WorkerReply =
  | {
      readonly kind: "batch";
      readonly step: number;
      readonly batch: MadeBatch;
      readonly busyMs: number;
      readonly decoded: number;
    }
  | {
      readonly kind: "error";
      readonly step: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly issues: readonly string[];
      readonly stack: string | undefined;
    };
