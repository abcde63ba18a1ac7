/** A command as a shell has to know it. */
export interface CommandShape {
  /** Its words, `runs show` for example; empty for lorat itself. */
  readonly path: string;
  /** What may come next: inner commands, or choices of an argument. */
  readonly words: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionShape[];
}

interface OptionShape {
  /** With its dashes. */
  readonly name: string;
  /** How its value is written; undefined for a switch. */
  readonly value: string | undefined;
  readonly description: string;
  readonly choices: readonly string[];
}

/** The script for each shell. It holds every command and option, so that Tab answers without starting lorat. */
export const SHELLS: Readonly<
  Record<"bash" | "zsh" | "fish", (commands: readonly CommandShape[]) => string>
> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Values that are names of files or folders. */
const FILES = /^<(file|path|dir|model|kind:path)/;

function isFile({ value = "" }: OptionShape): boolean {
  return FILES.test(value);
}

/** Every option that takes a value, once: a word means the same in all commands. */
function valued(commands: readonly CommandShape[]): OptionShape[] {
  const found = new Map<string, OptionShape>();
  for (const option of commands.flatMap(({ options }) => options)) {
    if (option.value && !found.has(option.name)) found.set(option.name, option);
  }
  return [...found.values()];
}

/** The lines of a `case` that follows the words of a command line from one command to its inner one. */
function steps(commands: readonly CommandShape[]): string {
  return commands
    .filter(({ path }) => path !== "")
    .map(({ path }) => {
      const words = path.split(" ");
      const above = words.slice(0, -1).join(" ");
      return `"${above} ${words.at(-1)}"`;
    })
    .join(" | ");
}

function bashScript(commands: readonly CommandShape[]): string {
  const values = valued(commands).map((option) => {
    if (option.choices.length > 0) return `    ${option.name}) words="${option.choices.join(" ")}" ;;`;
    return `    ${option.name}) ${isFile(option) ? 'COMPREPLY=($(compgen -f -- "$cur"))' : "COMPREPLY=()"}; return ;;`;
  });
  const cases = commands.map(({ path, words, options }) => {
    const names = words.map(({ name }) => name).join(" ");
    const flags = [...options.map(({ name }) => name), "--help"].join(" ");
    return `      "${path}") names="${names}"; flags="${flags}" ;;`;
  });
  return `# bash completion of lorat; made by: lorat completion bash
_lorat() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" word="" i words="" names="" flags=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at $word" in
      ${steps(commands)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$prev" in
${values.join("\n")}
  esac
  if [[ -z "$words" ]]; then
    case "$at" in
${cases.join("\n")}
    esac
    if [[ "$cur" == -* ]]; then words="$flags"; else words="$names"; fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _lorat lorat
`;
}

function zshScript(commands: readonly CommandShape[]): string {
  const entry = (name: string, description: string) =>
    `'${`${name}:${description}`.replaceAll("'", `'\\''`)}'`;
  const values = valued(commands).map((option) => {
    if (option.choices.length > 0)
      return `    ${option.name}) compadd -- ${option.choices.join(" ")}; return ;;`;
    return `    ${option.name}) ${isFile(option) ? "_files; return" : "return"} ;;`;
  });
  const cases = commands.map(({ path, words, options }) => {
    const names = words.map(({ name, description }) => entry(name, description));
    const flags = options.map(({ name, description }) => entry(name, description));
    return `    "${path}") names=(${names.join(" ")}); flags=(${[...flags, entry("--help", "show what it does")].join(" ")}) ;;`;
  });
  return `#compdef lorat
# zsh completion of lorat; made by: lorat completion zsh
_lorat() {
  local at="" word="" prev="\${words[CURRENT-1]}"
  local -a names flags
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${steps(commands)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$prev" in
${values.map((line) => line.replace(/^( +)(--[\w-]+\))/, "$1($2")).join("\n")}
  esac
  case "$at" in
${cases.map((line) => line.replace(/^( +)("[^"]*"\))/, "$1($2")).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o option flags
  else
    (( \${#names} )) && _describe command names
    [[ -n "$at" ]] && _files
  fi
}
if [ "$funcstack[1]" = "_lorat" ]; then _lorat "$@"; else compdef _lorat lorat; fi
`;
}

function fishScript(commands: readonly CommandShape[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ path, words, options }) => {
    const when = `complete -c lorat -n ${quoted(`__lorat_at ${quoted(path)}`)}`;
    return [
      ...words.map(({ name, description }) => `${when} -f -a ${name} -d ${quoted(description)}`),
      ...options.map((option) => {
        const { name, value, description, choices } = option;
        const takes =
          choices.length > 0
            ? ` -x -a ${quoted(choices.join(" "))}`
            : value === undefined
              ? ""
              : isFile(option)
                ? " -r -F"
                : " -x";
        return `${when} -l ${name.slice(2)}${takes} -d ${quoted(description)}`;
      }),
    ];
  });
  return `# fish completion of lorat; made by: lorat completion fish
function __lorat_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${steps(commands).replaceAll(" | ", " ")}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}
