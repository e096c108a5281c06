import { Credentials } from "effect-herald"
import type { Document } from "effect-herald/spec"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { DocumentKey } from "../completion/CompletionData.js"
import { civis, isEnvironmentOf } from "../documentKey.js"
import { exitCodes } from "../exitCodes.js"
import { Failure, usage } from "../Failure.js"
import type { Io } from "../Io.js"
import { didYouMean } from "../nearest.js"
import { decodeText, quoted, readInput } from "../values.js"

type SecurityScheme = Document.SecurityScheme

/** Returns the variable of the environment that has the secret of a security scheme: `HERALD_AUTH_API_KEY` for `api_key`. */
export const authVariable = (scheme: string): string =>
  `HERALD_AUTH_${scheme.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1_$2").replace(/[^\p{L}\p{N}]+/gu, "_").toUpperCase()}`

/** Schemes for documents that declare none: `--auth bearer=env:TOKEN`. */
const general: ReadonlyMap<string, SecurityScheme> = new Map([
  ["bearer", { type: "http", scheme: "bearer" }],
  ["basic", { type: "http", scheme: "basic" }]
])

/** What the credentials of a call are chosen from. */
export interface AuthorisationOptions {
  /** The operation's alternatives of security schemes. */
  readonly alternatives: ReadonlyArray<ReadonlyArray<string>>
  /** False if the document says nothing about the security of the operation. */
  readonly declared: boolean
  /** The values of `--auth`. */
  readonly given: ReadonlyArray<string>
  readonly schemes: ReadonlyMap<string, SecurityScheme>
  readonly key: DocumentKey
  readonly io: Io
  /** True for a request that is only printed, which needs no secret, and is given none. */
  readonly dryRun: boolean
}

/** The credentials of a call. */
export interface Authorisation {
  readonly credentials: Effect.Effect<Credentials.Credentials, unknown> | undefined
  /** The alternatives for the descriptor: the one that is used, or none. */
  readonly security: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * Chooses the credentials of a call: those of the first alternative of which all secrets are known. A secret that is given by `--auth` is
 * used even if the document does not ask for it. Fails if an operation needs credentials, and some of each alternative are missing.
 */
export const authorisation = async (options: AuthorisationOptions): Promise<Authorisation> => {
  const { alternatives, declared, dryRun, schemes } = options
  const known = new Map([...general, ...schemes])
  const explicit = await readGiven(options, known)
  const secrets = new Map([...fromEnvironment(options, known), ...explicit])
  const isKnown = (names: ReadonlyArray<string>) => names.length > 0 && names.every((name) => secrets.has(name))
  const wanted = alternatives.filter((names) => [...explicit.keys()].every((name) => names.includes(name)))
  const fallback = explicit.size > 0 ? [...explicit.keys()] : declared ? [] : [...secrets.keys()].slice(0, 1)
  const chosen = wanted.find(isKnown) ?? (explicit.size > 0 || !declared ? fallback : undefined)
  if (chosen !== undefined && chosen.length > 0) return using(chosen, known, secrets, dryRun)
  const isOpen = alternatives.length === 0 || alternatives.some((names) => names.length === 0)
  if (isOpen) return { credentials: undefined, security: [] }
  const [first = []] = alternatives
  if (dryRun && first.every((name) => known.has(name))) return using(first, known, secrets, dryRun)
  throw new Failure(
    exitCodes.unauthorized,
    `The operation needs credentials: ${alternatives.map((names) => names.join(" and ")).join(", or ")}.`,
    alternatives
      .slice(0, 5)
      .map((names) => names.map((name) => `Set ${authVariable(name)}, or give --auth ${name}=env:NAME or --auth ${name}=@FILE.`).join(" "))
  )
}

const using = (
  names: ReadonlyArray<string>,
  known: ReadonlyMap<string, SecurityScheme>,
  secrets: ReadonlyMap<string, Redacted.Redacted>,
  dryRun: boolean
): Authorisation => ({
  credentials: Credentials.bySecurity(
    Object.fromEntries(
      names.map((name) => [name, credentialsOf(name, known.get(name)!, dryRun ? undefined : secrets.get(name)!)])
    )
  ),
  security: [names]
})

const fromEnvironment = ({ io, key }: AuthorisationOptions, known: ReadonlyMap<string, SecurityScheme>) => {
  const secrets = new Map<string, Redacted.Redacted>()
  if (!isEnvironmentOf(key.spec, io.env)) return secrets
  for (const scheme of known.keys()) {
    const value = io.env[authVariable(scheme)]
    if (value !== undefined && value !== "") secrets.set(scheme, Redacted.make(value))
  }
  return secrets
}

const readGiven = async (
  { given, io, schemes }: AuthorisationOptions,
  known: ReadonlyMap<string, SecurityScheme>
): Promise<ReadonlyMap<string, Redacted.Redacted>> => {
  const secrets = new Map<string, Redacted.Redacted>()
  for (const text of given) {
    const equals = text.indexOf("=")
    const scheme = text.slice(0, equals)
    if (equals < 1) throw usage("--auth must be SCHEME=env:NAME or SCHEME=@FILE.", ...schemeAdvice(schemes))
    if (!known.has(scheme)) {
      throw usage(
        `The document has no security scheme ${quoted(scheme)}.${didYouMean(scheme, known.keys(), quoted)}`,
        ...schemeAdvice(schemes)
      )
    }
    secrets.set(scheme, await readSecret(scheme, text.slice(equals + 1), io))
  }
  return secrets
}

const schemeAdvice = (schemes: ReadonlyMap<string, SecurityScheme>): ReadonlyArray<string> =>
  schemes.size === 0 ? [] : [`Security schemes: ${[...schemes.keys()].join(", ")}.`]

/**
 * Reads a secret. It is never an argument itself, since other users of a machine see the arguments of its processes, and shells store them.
 */
const readSecret = async (scheme: string, source: string, io: Io): Promise<Redacted.Redacted> => {
  const shown = `--auth ${scheme}`
  if (source.startsWith("env:")) {
    const name = source.slice(4)
    const value = io.env[name]
    if (value === undefined || value === "") throw usage(`${shown}: the variable ${quoted(name)} of the environment is not set.`)
    return Redacted.make(value)
  }
  if (source.startsWith("@")) {
    const text = decodeText(await readInput(source.slice(1), io, shown), shown)
    // Editors end a file with a line feed.
    return Redacted.make(text.replace(/\r?\n$/, ""))
  }
  // The text may be the secret: it is not repeated.
  throw usage(
    `${shown} must be env:NAME or @FILE, not the secret itself.`,
    "Other users of this machine can see arguments, and the shell's history keeps them.",
    `Set ${authVariable(scheme)}, or give ${shown}=env:NAME.`
  )
}

/** The text that stands for a secret in a request that is only printed. */
export const redacted = "REDACTED"

/**
 * Makes the credentials of a security scheme. Without a secret, those of a request that is only printed. Fails with a `ConfigError` if the
 * secret can't be sent.
 */
const credentialsOf = (
  name: string,
  scheme: SecurityScheme,
  secret: Redacted.Redacted = Redacted.make(redacted)
): Effect.Effect<Credentials.Credentials, unknown> => {
  switch (scheme.type) {
    case "apiKey":
      switch (scheme.in) {
        case "header":
          return Credentials.apiKey({ header: scheme.name, key: secret })
        case "query":
          return Credentials.apiKey({ query: scheme.name, key: secret })
        case "cookie":
          return Credentials.apiKey({ cookie: scheme.name, key: secret })
      }
      break
    case "mutualTLS":
      return Effect.fail(usage(`The security scheme ${name} is mutual TLS, which herald does not have.`))
    case "http":
      if (scheme.scheme.toLowerCase() === "basic") return basic(name, Redacted.value(secret))
      break
  }
  return Credentials.bearer(secret)
}

const basic = (name: string, text: string) => {
  const colon = text.indexOf(":")
  if (colon === -1 && text !== redacted) {
    return Effect.fail(usage(`The secret of ${name} must be USER:PASSWORD (HTTP Basic).`))
  }
  const end = colon === -1 ? text.length : colon
  return Credentials.basic({ username: text.slice(0, end), password: Redacted.make(text.slice(end + 1)) })
}

/** Reports whether the document's credentials are those of Civis. */
export const isCivis = (key: DocumentKey): boolean => key.convention === civis
