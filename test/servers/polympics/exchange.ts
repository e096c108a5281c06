import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { parse } from "json-custom-numbers"
import * as Answer from "./answers.js"
import type { Json } from "./python.js"
import type { State } from "./state.js"
import { type Checked, type Field, type Form, form, type Reader } from "./validation.js"

/** A request that found its handler. */
export interface Exchange {
  readonly state: State
  readonly request: HttpServerRequest.HttpServerRequest
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Runs in the background for as long as the server does. */
  readonly background: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

export type Handler = (exchange: Exchange) => Effect.Effect<Answer.Answer, Answer.Answer>

/** A variable part of the path. */
export const param = <A>(exchange: Exchange, name: string, reader: Reader<A>): Checked<A> =>
  reader(exchange.params[name] ?? "", ["path", name])

/** A parameter of the query; the last one counts. */
export const query = <A>(exchange: Exchange, name: string, field: Field<A>): Checked<A> =>
  field(exchange.query.getAll(name).at(-1), ["query", name])

type Fields = Readonly<Record<string, Field<unknown>>>

/**
 * Reads the body, which comes before everything else, and gives the check of it, which comes last: JSON that can't be
 * parsed is told even to those without credentials.
 */
export const body = <F extends Fields>(exchange: Exchange, fields: F): Effect.Effect<Checked<Form<F>>, Answer.Answer> =>
  exchange.request.arrayBuffer.pipe(
    // the client went away; nobody reads the answer
    Effect.orElseFail(() => Answer.unreadable),
    Effect.flatMap((bytes) => json(new Uint8Array(bytes), exchange.request.headers["content-type"])),
    Effect.map(form(fields))
  )

const json = (bytes: Uint8Array, contentType: string | undefined): Effect.Effect<Json | undefined, Answer.Answer> => {
  if (bytes.length === 0) return Effect.succeed(undefined)
  // a body of another type stays bytes, and these are no dict
  if (contentType && !/^application\/([^\s;]*\+)?json\s*(;|$)/i.test(contentType.trim())) return Effect.succeed(false)
  return Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => Answer.unreadable
  }).pipe(
    Effect.flatMap((doc) =>
      Effect.try({
        // the number parser makes of the two kinds what Json says
        try: () =>
          parse(doc, undefined, (_, digits) => (/[.eE]/.test(digits) ? Number(digits) : BigInt(digits))) as Json,
        catch: (error) => malformed(doc, error)
      })
    )
  )
}

/** The parser says where in its message; the sentence itself is Python's for most mistakes, not for all. */
const malformed = (doc: string, error: unknown): Answer.Answer => {
  const pos = Number(/At position (\d+)/.exec(String(error))?.[1] ?? 0)
  const before = doc.slice(0, pos)
  const lineno = before.split("\n").length
  const colno = pos - before.lastIndexOf("\n")
  const msg = "Expecting value"
  return Answer.invalid([
    {
      loc: ["body", pos],
      msg: `${msg}: line ${lineno} column ${colno} (char ${pos})`,
      type: "value_error.jsondecode",
      ctx: { msg, doc, pos, lineno, colno }
    }
  ])
}
