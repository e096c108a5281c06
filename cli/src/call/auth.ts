import * as Redacted from "effect/Redacted"
import type { Document, Security } from "effect-herald/spec"
import type { DocumentKey } from "../completion/CompletionData.js"
import { isEnvironmentOf } from "../documentKey.js"
import { exitCodes } from "../exitCodes.js"
import { Failure, usage } from "../Failure.js"
import type { Io } from "../Io.js"
import { didYouMean } from "../nearest.js"
import { decodeText, quoted, readInput } from "../values.js"

type SecurityScheme = Document.SecurityScheme

/** Returns the variable of the environment that has the secret of a security scheme: `HERALD_AUTH_API_KEY` for `api_key`. */
export const authVariable = (scheme: string): string =>
  `HERALD_AUTH_${scheme
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1_$2")
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .toUpperCase()}`

/** Schemes that every document has, since many declare none: `--auth bearer=env:TOKEN`. */
export const general: ReadonlyMap<string, SecurityScheme> = new Map([
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
  /** The credentials by security scheme. */
  readonly credentials: Readonly<Record<string, Redacted.Redacted | Security.Basic | Security.ClientCredentials>>
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
  if (isOpen) return { credentials: {}, security: [] }
  const [first = []] = alternatives
  if (dryRun && first.every((name) => known.has(name))) return using(first, known, secrets, dryRun)
  throw new Failure(
    exitCodes.unauthorized,
    `The operation needs credentials: ${alternatives.map((names) => names.join(" and ")).join(", or ")}.`,
    alternatives
      .slice(0, 5)
      .map((names) =>
        names
          .map((name) => `Set ${authVariable(name)}, or give --auth ${name}=env:NAME or --auth ${name}=@FILE.`)
          .join(" ")
      )
  )
}

const using = (
  names: ReadonlyArray<string>,
  known: ReadonlyMap<string, SecurityScheme>,
  secrets: ReadonlyMap<string, Redacted.Redacted>,
  dryRun: boolean
): Authorisation => ({
  credentials: Object.fromEntries(
    names.map((name) => [name, credentialsOf(name, known.get(name)!, dryRun ? placeholder : secrets.get(name)!)])
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
    if (value === undefined || value === "")
      throw usage(`${shown}: the variable ${quoted(name)} of the environment is not set.`)
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

/** Stands for a secret. */
export const placeholder = Redacted.make(redacted)

/**
 * Returns the credentials of a security scheme from its secret: `USER:PASSWORD` for HTTP Basic; for OAuth 2.0 and OpenID Connect an access
 * token, or `CLIENT-ID:CLIENT-SECRET` for the client credentials grant. A bearer token has no colon (RFC 6750, 2.1).
 */
const credentialsOf = (name: string, scheme: SecurityScheme, secret: Redacted.Redacted) => {
  const text = Redacted.value(secret)
  const colon = text.indexOf(":")
  const before = text.slice(0, colon === -1 ? text.length : colon)
  const after = Redacted.make(colon === -1 ? "" : text.slice(colon + 1))
  if (scheme.type === "http" && scheme.scheme.toLowerCase() === "basic") {
    if (colon !== -1 || secret === placeholder) return { username: before, password: after }
    throw usage(`The secret of ${name} must be USER:PASSWORD (HTTP Basic).`)
  }
  if ((scheme.type === "oauth2" || scheme.type === "openIdConnect") && colon !== -1) {
    return { clientId: before, clientSecret: after }
  }
  return secret
}
