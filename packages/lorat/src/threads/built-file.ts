/**
 * A built script of this package by its path among the sources, without extension: the code of a thread or of a child process. When
 * the sources run, it is the one that the last build left.
 */
export function builtFile(path: string): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(`${fromSource ? "../../dist/" : "../"}${path}.js`, import.meta.url);
}
