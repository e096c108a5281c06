import type { Credentials as CredentialsModule } from "effect-herald"
import { Credentials } from "effect-herald"
import type { Document } from "effect-herald/spec"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { civis, isEnvironmentOf } from "../documentKey.js"
import type { DocumentKey } from "../completion/CompletionData.js"
import { usage } from "../Failure.js"
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

/**
 * Returns the secret of each security scheme that has one: by `--auth`, or from the environment. A secret is never an argument itself,
 * since other users of a machine see the arguments of its processes, and shells store them.
 */
export const readSecrets = async (
  given: ReadonlyArray<string>,
  schemes: ReadonlyMap<string, SecurityScheme>,
  key: DocumentKey,
  io: Io
): Promise<ReadonlyMap<string, Redacted.Redacted>> => {
  const secrets = new Map<string, Redacted.Redacted>()
  const known = new Map([...general, ...schemes])
  if (isEnvironmentOf(key.spec, io.env)) {
    for (const scheme of known.keys()) {
      const value = io.env[authVariable(scheme)]
      if (value !== undefined && value !== "") secrets.set(scheme, Redacted.make(value))
    }
  }
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

/** Makes the credentials of a security scheme. Fails with a `ConfigError` if the secret can't be sent. */
export const credentialsOf = (
  name: string,
  scheme: SecurityScheme,
  secret: Redacted.Redacted
): Effect.Effect<CredentialsModule.Credentials, unknown> => {
  if (scheme.type === "apiKey") {
    if (scheme.in === "header") return Credentials.apiKey({ header: scheme.name, key: secret })
    if (scheme.in === "query") return Credentials.apiKey({ query: scheme.name, key: secret })
  }
  if (scheme.type === "http" && scheme.scheme.toLowerCase() === "basic") {
    const text = Redacted.value(secret)
    const colon = text.indexOf(":")
    if (colon === -1) return Effect.fail(usage(`The secret of ${name} must be USER:PASSWORD (HTTP Basic).`))
    return Credentials.basic({ username: text.slice(0, colon), password: Redacted.make(text.slice(colon + 1)) })
  }
  return Credentials.bearer(secret)
}

/** Reports whether the document's credentials are those of Civis. */
export const isCivis = (key: DocumentKey): boolean => key.convention === civis
