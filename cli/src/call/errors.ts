import { detailsOf } from "effect-herald"
import * as ConfigError from "effect/ConfigError"
import type { DocumentKey } from "../completion/CompletionData.js"
import { civis } from "../documentKey.js"
import { exitCodeOf, exitCodes } from "../exitCodes.js"
import { Failure } from "../Failure.js"
import type { Io } from "../Io.js"
import { toJson } from "../text/json.js"

interface Tagged {
  readonly _tag: string
  readonly message?: unknown
  readonly issues?: unknown
  readonly data?: unknown
}

const isTagged = (error: unknown): error is Tagged =>
  typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string"

/** The issues that a message lists. */
const mostIssues = 20

/** What the advice about an error names. */
export interface Called {
  /** The operation, as it is given on the command line. */
  readonly shown: string
  /** Where its secrets are from. */
  readonly secrets: string
}

/** Returns where the secrets of an API are from. */
export const secretsOf = ({ convention }: Pick<DocumentKey, "convention">): string =>
  convention === civis ? "the variable CIVIS_API_KEY" : "--auth, or the variables HERALD_AUTH_<SCHEME>"

/** Converts the error of a call to the failure that is explained to the user. */
export const callFailure = (error: unknown, called: Called, io: Pick<Io, "stderr">): unknown => {
  if (error instanceof Failure) return error
  if (ConfigError.isConfigError(error)) return settingFailure(error)
  if (!isTagged(error)) return error
  const details = detailsOf(error)
  const message = typeof error.message === "string" && error.message !== "" ? error.message : details?.message
  const code = exitCodeOf(error._tag, details?.status)
  return new Failure(code, message ?? error._tag, [
    // A message has the only issue already.
    ...issuesOf(error).filter((line) => message?.includes(line) !== true),
    ...bodyOf(error, details?.body, io),
    ...(details?.requestId === undefined ? [] : [`Request id: ${details.requestId}`]),
    ...adviceFor(code, called)
  ])
}

/** A setting of the API's layer that can't be used: the base URL, a header, or a secret. */
const settingFailure = (error: ConfigError.ConfigError): Failure => {
  if (error._op !== "InvalidData") return new Failure(exitCodes.usage, String(error))
  const name = error.path.join(".")
  if (error.message.includes("`insecure`")) {
    return new Failure(
      exitCodes.unauthorized,
      "The server is neither https nor on this machine: no credentials are sent to it.",
      ["Give --base-url with an https URL, or --insecure to send them over plain http."]
    )
  }
  const option = name === "baseUrl" ? "The base URL" : name === "headers" ? "--header:" : `The secret (${name})`
  return new Failure(exitCodes.usage, `${option} ${error.message}.`)
}

const issuesOf = ({ issues }: Tagged): ReadonlyArray<string> => {
  if (!Array.isArray(issues)) return []
  const lines = issues.slice(0, mostIssues).map((issue: { readonly path?: unknown; readonly message?: unknown }) => {
    const path = Array.isArray(issue.path) ? issue.path.map(String).join(".") : ""
    return path === "" ? String(issue.message) : `${path}: ${String(issue.message)}`
  })
  return issues.length > mostIssues ? [...lines, `and ${issues.length - mostIssues} more`] : lines
}

/** The body of an error, where the message may not say all of it. */
const bodyOf = ({ data, message }: Tagged, body: string | undefined, io: Pick<Io, "stderr">): ReadonlyArray<string> => {
  const text = data === undefined ? (body ?? "") : toJson(data, { visible: true })
  if (text === "" || (typeof message === "string" && message.includes(text))) return []
  const most = Math.max(200, (io.stderr.columns ?? 100) * 4)
  return [text.length > most ? `${text.slice(0, most)}…` : text]
}

const adviceFor = (code: number, { secrets, shown }: Called): ReadonlyArray<string> => {
  switch (code) {
    case exitCodes.usage:
      return [`\`herald call ${shown} --help\` shows its arguments.`]
    case exitCodes.unauthorized:
      return [`Check ${secrets}.`]
    case exitCodes.transport:
      return ["Check the server: --base-url, HERALD_BASE_URL, or the servers of the document."]
    case exitCodes.timeout:
      return ["A longer --timeout may help."]
    default:
      return []
  }
}
