import { isCredentialHeader } from "../call/secrets.js"

/** Names that a recording treats in a special way, besides those that it knows. */
export interface Names {
  /** Headers of requests and responses, in any case. */
  readonly headers?: ReadonlyArray<string> | undefined
  /** Query parameters. */
  readonly query?: ReadonlyArray<string> | undefined
  /** Fields of JSON and of forms. */
  readonly fields?: ReadonlyArray<string> | undefined
}

/** The rules by which exchanges are recorded. */
export interface Rules {
  readonly isSecretHeader: (name: string) => boolean
  readonly isSecretQuery: (name: string) => boolean
  readonly isSecretField: (name: string) => boolean
  /** Reports whether a header is left out, by its name in lower case. */
  readonly isVolatile: (name: string) => boolean
}

/** Headers that differ from one run to the next, or are about the connection. */
export const volatileHeaders: ReadonlyArray<string> = [
  "accept-encoding",
  "age",
  "alt-svc",
  "b3",
  "baggage",
  "cf-cache-status",
  "cf-ray",
  "connection",
  "content-encoding",
  "content-length",
  "correlation-id",
  "date",
  "host",
  "idempotency-key",
  "keep-alive",
  "nel",
  "proxy-connection",
  "report-to",
  "request-id",
  "server",
  "server-timing",
  "trace-id",
  "traceparent",
  "tracestate",
  "transfer-encoding",
  "user-agent",
  "via",
  "x-amz-cf-id",
  "x-amz-cf-pop",
  "x-amzn-requestid",
  "x-amzn-trace-id",
  "x-b3-spanid",
  "x-b3-traceid",
  "x-cache",
  "x-cloud-trace-context",
  "x-correlation-id",
  "x-github-request-id",
  "x-idempotency-key",
  "x-request-id",
  "x-runtime",
  "x-served-by",
  "x-timer",
  "x-trace-id"
]

/** The last words of names of fields and query parameters that hold secrets, in snake case. */
const secretWords =
  /(?:^|_)(?:token|secret|passwd|password|passphrase|pwd|api_?key|access_?key|private_?key|secret_?key|credentials?|assertion|signature|authorization|auth|cookie|sid|session_?id|otp|code_verifier|device_code|user_code|auth_code|authorization_code|saml_response|sig)$/

/** Names that end with such a word, but are positions in lists or facts about a secret. */
const harmlessNames =
  /^(?:page|next|next_page|prev|previous|continuation|sync|cursor|start|end|skip|pagination|forward|backward)_token$/

/** Converts a name to snake case. */
const snakeCase = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[-.\s]/g, "_")
    .toLowerCase()

/** Reports whether a field of JSON or of a form, or a query parameter, holds a secret by its name. */
const isSecretName = (name: string): boolean => {
  const text = snakeCase(name)
  return secretWords.test(text) && !harmlessNames.test(text)
}

const isIn = (names: ReadonlyArray<string> | undefined): ((name: string) => boolean) => {
  const lower = new Set(names?.map((name) => name.toLowerCase()))
  return (name) => lower.has(name.toLowerCase())
}

/** Makes rules from the names that a program adds. */
export const makeRules = (secrets: Names = {}, volatile: ReadonlyArray<string> = []): Rules => {
  const isGivenHeader = isIn(secrets.headers)
  const isGivenQuery = isIn(secrets.query)
  const isGivenField = isIn(secrets.fields)
  const isVolatile = isIn([...volatileHeaders, ...volatile])
  return {
    isSecretHeader: (name) => isGivenHeader(name) || (isCredentialHeader(name) && !name.startsWith("access-control-")),
    isSecretQuery: (name) => isGivenQuery(name) || isSecretName(name),
    isSecretField: (name) => isGivenField(name) || isSecretName(name),
    isVolatile
  }
}
