import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Responses from "./responses.js"
import * as Json from "./json.js"
import type { State } from "./state.js"
import { type Checked, type Field, type Form, form, type Reader } from "./validation.js"

/** A request, as its handler receives it. */
export interface Exchange {
  readonly state: State
  readonly request: HttpServerRequest.HttpServerRequest
  /** The path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Runs an effect in the background, until the server stops. */
  readonly background: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

export type Handler = (exchange: Exchange) => Effect.Effect<Responses.Response, Responses.Response>

/** Checks a path parameter. */
export const param = <A>(exchange: Exchange, name: string, reader: Reader<A>): Checked<A> =>
  reader(exchange.params[name] ?? "", ["path", name])

/** Checks a query parameter. If it is repeated, the last value is used. */
export const query = <A>(exchange: Exchange, name: string, field: Field<A>): Checked<A> =>
  field(exchange.query.getAll(name).at(-1), ["query", name])

type Fields = Readonly<Record<string, Field<unknown>>>

/**
 * Reads the body, and returns the result of checking its fields, which `valid` reports. As on the real server, malformed JSON is
 * reported before missing credentials, and invalid fields are reported after them.
 */
export const body = <F extends Fields>(
  exchange: Exchange,
  fields: F
): Effect.Effect<Checked<Form<F>>, Responses.Response> =>
  exchange.request.arrayBuffer.pipe(
    // The client has disconnected. This response is not sent.
    Effect.orElseFail(() => Responses.unreadable),
    Effect.flatMap((bytes) => json(new Uint8Array(bytes), exchange.request.headers["content-type"])),
    Effect.map(form(fields))
  )

const json = (
  bytes: Uint8Array,
  contentType: string | undefined
): Effect.Effect<Json.Json | undefined, Responses.Response> => {
  if (bytes.length === 0) return Effect.succeed(undefined)
  // A body of another content type is not parsed. It is reported as a value that is not a dict, for which false stands.
  if (contentType && !/^application\/([^\s;]*\+)?json\s*(;|$)/i.test(contentType.trim())) return Effect.succeed(false)
  return Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => Responses.unreadable
  }).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => Json.parse(text),
        // Any other error is a stack overflow, of deeply nested JSON.
        catch: (error) => (error instanceof Json.JsonDecodeError ? malformed(text, error) : Responses.unreadable)
      })
    )
  )
}

const malformed = (doc: string, { message: msg, position }: Json.JsonDecodeError): Responses.Response => {
  // Python counts code points.
  const before = Array.from(doc.slice(0, position))
  const pos = before.length
  const lineno = before.filter((character) => character === "\n").length + 1
  const colno = pos - before.lastIndexOf("\n")
  return Responses.invalid([
    {
      loc: ["body", pos],
      msg: `${msg}: line ${lineno} column ${colno} (char ${pos})`,
      type: "value_error.jsondecode",
      ctx: { msg, doc, pos, lineno, colno }
    }
  ])
}
