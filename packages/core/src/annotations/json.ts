import { LoratError } from "@lorat/graph";
import type { z } from "zod";

/** A text as JSON that fits a schema. Throws `BOXES_JSON` with what does not fit. */
export function parseJson<T>(text: string, schema: z.ZodType<T>, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new LoratError("BOXES_JSON", `the file is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const issues = error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new LoratError("BOXES_JSON", `the file is not ${what}: ${issues[0]}`, { issues });
}

export const writeJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
