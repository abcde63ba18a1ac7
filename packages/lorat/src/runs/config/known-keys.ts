import type { z } from "zod";

/** What the walk below needs to know of a schema; zod describes each of its kinds in `def`. */
interface Described {
  readonly def: {
    readonly type: string;
    readonly shape?: Readonly<Record<string, Described>>;
    readonly innerType?: Described;
    readonly element?: Described;
    readonly out?: Described;
    readonly options?: readonly Described[];
  };
}

/** Every key path that a schema knows, entries of lists as `*`: `optimizer.learningRate`, `data.sets.*.weight`. */
export function knownPaths(schema: z.ZodType): Set<string> {
  const paths = new Set<string>();
  walk(schema as unknown as Described, "", paths);
  return paths;
}

function walk({ def }: Described, path: string, paths: Set<string>): void {
  for (const inner of [def.innerType, def.out, ...(def.options ?? [])]) if (inner) walk(inner, path, paths);
  if (def.element) walk(def.element, `${path}*.`, paths);
  for (const [key, inner] of Object.entries(def.shape ?? {})) {
    paths.add(path + key);
    walk(inner, `${path}${key}.`, paths);
  }
}
