import type { Option } from "./options.js"

/** A command: how it is called, and what it does. */
export interface Command {
  readonly name: string
  /** The operands, as the usage shows them. */
  readonly operands: string
  readonly summary: string
  readonly description: ReadonlyArray<string>
  readonly options: ReadonlyArray<Option>
  readonly examples: ReadonlyArray<string>
}

/** The options that say which document is meant. They are the command's own wherever they stand. */
export const documentOptions: ReadonlyArray<Option> = [
  {
    name: "spec",
    value: "FILE|URL|civis",
    help: "The OpenAPI document. Default: HERALD_SPEC."
  },
  {
    name: "overlay",
    value: "FILE|URL",
    many: true,
    help: "Corrections of the document (OpenAPI Overlay), in order. Default: HERALD_OVERLAY."
  },
  {
    name: "convention",
    value: "NAME",
    choices: ["standard", "civis"],
    help: "How operations are named. Default: standard; civis for the document civis."
  }
]

/** Options of every command. */
export const commonOptions: ReadonlyArray<Option> = [
  {
    name: "color",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    help: "Colours: auto, always or never. Default: auto, on a terminal without NO_COLOR."
  },
  { name: "help", short: "h", help: "Shows this help." }
]

const json: Option = { name: "json", help: "Prints JSON." }

const out: Option = {
  name: "out",
  short: "o",
  value: "DIR",
  help: "The directory to write to. Files of earlier runs are removed."
}

/** Options of `call` that are about the server and the request. */
const requestOptions: ReadonlyArray<Option> = [
  {
    name: "base-url",
    value: "URL",
    help: "The base URL. Default: HERALD_BASE_URL, or the first server of the document."
  },
  {
    name: "server-var",
    value: "NAME=VALUE",
    many: true,
    help: "A variable of the document's server."
  },
  {
    name: "auth",
    value: "SCHEME=SOURCE",
    many: true,
    help: "The secret of a security scheme: env:NAME or @FILE. Default: HERALD_AUTH_<SCHEME>."
  },
  { name: "insecure", help: "Sends credentials over plain http to other machines, too." },
  { name: "header", short: "H", value: "NAME:VALUE", many: true, help: "A header of every request." },
  { name: "body", value: "@FILE|-|JSON", help: "The body: a file, the standard input, or JSON." },
  { name: "content-type", value: "TYPE", help: "The media type of the body, where the document has several." },
  {
    name: "param",
    value: "NAME=VALUE",
    many: true,
    help: "A parameter by the document's name, for names that no option can have."
  },
  {
    name: "timeout",
    value: "DURATION",
    help: "The time limit of a call with its retries, such as 30s. Default: none."
  },
  { name: "retries", value: "N", help: "Retries after a failure that may pass. Default: 3." }
]

/** Options of `call` that are about the output. */
const outputOptions: ReadonlyArray<Option> = [
  { name: "all", help: "Reads all pages of a list." },
  { name: "max-items", value: "N", help: "Reads pages of a list until there are so many items." },
  { ...json, help: "Prints the value as one JSON text." },
  { name: "include", short: "i", help: "Prints the status and the headers of the response first." },
  { name: "output", short: "o", value: "FILE", help: "Writes the value to a file." },
  { name: "strict", help: "Fails if the response does not match the document. Default: a warning." },
  { name: "dry-run", help: "Prints the request as a command of curl, without secrets, and sends nothing." }
]

/** The options of `call`. */
export const callOptions: ReadonlyArray<Option> = [...requestOptions, ...outputOptions]

/** The commands, in the order of the help. */
export const commands: ReadonlyArray<Command> = [
  {
    name: "list",
    operands: "[RESOURCE]",
    summary: "Lists resources, or the methods of one.",
    description: ["Without RESOURCE, lists the resources of the document. With one, lists its methods."],
    options: [
      {
        name: "search",
        short: "s",
        value: "WORDS",
        help: "Lists the operations that have all these words in name, path or summary."
      },
      { ...json, help: "Prints JSON, one operation or resource a line." }
    ],
    examples: ["herald list --spec petstore.yaml", "herald list pets", "herald list --search upload"]
  },
  {
    name: "call",
    operands: "RESOURCE METHOD [ARGUMENTS]",
    summary: "Calls an operation.",
    description: [
      "Required parameters come first, in order; all others are options: page_num is --page-num. A list is given by the same option again.",
      "`herald call RESOURCE METHOD --help` shows them. RESOURCE.METHOD is the same as RESOURCE METHOD.",
      "An option after METHOD is the operation's, if the operation has one of this name. To give one of herald's of the same name, put it before RESOURCE."
    ],
    options: callOptions,
    examples: [
      "herald call pets get 7",
      "herald call pets list --status sold --all",
      "herald call pets.add --name Rex --dry-run",
      "herald call pets add --body @rex.json"
    ]
  },
  {
    name: "generate",
    operands: "",
    summary: "Writes a typed client.",
    description: ["Writes a client in TypeScript: a file for each resource, one of shapes and one of descriptors."],
    options: [
      out,
      { name: "check", help: "Writes nothing. Fails if the files are not those that would be written." },
      { name: "name", value: "TAG", help: "The name of the API's tag. Default: the title of the document." }
    ],
    examples: [
      "herald generate --spec petstore.yaml --out src/petstore",
      "herald generate --spec petstore.yaml --out src/petstore --check"
    ]
  },
  {
    name: "diff",
    operands: "OLD NEW",
    summary: "Shows what changed between two documents.",
    description: ["Compares two documents, and says which changes break callers."],
    options: [
      { ...json, help: "Prints JSON, one change a line." },
      {
        name: "fail-on",
        value: "WHAT",
        choices: ["breaking", "any"],
        help: "Exits with 1 if there are such changes: breaking, or any."
      }
    ],
    examples: ["herald diff petstore-1.yaml petstore-2.yaml --fail-on breaking"]
  },
  {
    name: "learn",
    operands: "",
    summary: "Writes corrections of a document.",
    description: [
      "Writes an OpenAPI Overlay that puts the response types right, from the examples that the document records, or from mismatches that programs saw."
    ],
    options: [
      { name: "examples", help: "Learns from the recorded examples of the document." },
      { name: "from", value: "FILE|-", help: "Learns from mismatches: JSON, one a line." },
      { name: "out", short: "o", value: "FILE", help: "The overlay to write. Default: the standard output." }
    ],
    examples: ["herald learn --spec api.json --examples --out corrections.yaml"]
  },
  {
    name: "docs",
    operands: "",
    summary: "Writes Markdown, a page for each resource.",
    description: ["Writes the documentation of the client as Markdown: a page for each resource, and an index."],
    options: [out, { name: "check", help: "Writes nothing. Fails if the files are not those that would be written." }],
    examples: ["herald docs --spec petstore.yaml --out docs/api"]
  },
  {
    name: "completion",
    operands: "bash|zsh|fish",
    summary: "Prints a completion script.",
    description: [
      "Prints a script that completes commands, options, and the resources, methods and values of the document."
    ],
    options: [],
    examples: [
      'bash: eval "$(herald completion bash)" in ~/.bashrc',
      'zsh:  eval "$(herald completion zsh)" in ~/.zshrc, after compinit',
      "fish: herald completion fish | source in ~/.config/fish/config.fish"
    ]
  },
  {
    name: "help",
    operands: "[COMMAND]",
    summary: "Shows the help of a command.",
    description: ["Shows the help of a command, or of all."],
    options: [],
    examples: ["herald help call"]
  }
]

/** Reports whether a command reads the document that `--spec` names. */
export const readsDocument = (name: string): boolean => ["list", "call", "generate", "learn", "docs"].includes(name)

/** All options of a command. */
export const optionsOf = (command: Command): ReadonlyArray<Option> => [
  ...(readsDocument(command.name) ? documentOptions : []),
  ...command.options,
  ...commonOptions
]
