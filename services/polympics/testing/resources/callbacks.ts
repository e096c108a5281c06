import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { CallbackEvent } from "../../../../schemas/polympics/Callback.js"
import * as Responses from "../responses.js"
import { authenticate, onlyApps } from "../caller.js"
import { body, type Exchange, type Handler, param } from "../exchange.js"
import { type App, type Callback, nextId, type State } from "../state.js"
import { storableText } from "../storable.js"
import { httpUrl } from "../url.js"
import { invalid, type Reader, required, text, valid } from "../validation.js"
import * as Wire from "../wire.js"

const event: Reader<CallbackEvent> = (value, loc) => {
  const events = CallbackEvent.literals
  const found = events.find((one) => one === value)
  if (found !== undefined) return Either.right(found)
  const permitted = events.map((one) => `'${one}'`).join(", ")
  const sentence = `value is not a valid enumeration member; permitted: ${permitted}`
  return invalid(loc, sentence, "type_error.enum", { enum_values: events })
}

const ofApp = (state: State, app: App): ReadonlyArray<Callback> =>
  [...state.callbacks.values()].filter((callback) => callback.app === app)

export const getCallbacks: Handler = (exchange) =>
  authenticate(exchange).pipe(
    Effect.flatMap(onlyApps),
    Effect.map((app) => Responses.ok(Wire.callbacks(ofApp(exchange.state, app))))
  )

/** Deletes the registered callback first, so that there is none if the new one can't be stored. */
export const createCallback: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const form = yield* body(exchange, { url: required(httpUrl), secret: required(text) })
    const caller = yield* authenticate(exchange)
    const [name, { secret, url }] = yield* valid(param(exchange, "event", event), form)
    const app = yield* onlyApps(caller)
    for (const old of ofApp(state, app)) if (old.event === name) state.callbacks.delete(old.id)
    yield* storableText(2047, url, secret)
    const callback: Callback = { id: nextId(state, "callbacks"), app, event: name, url, secret }
    state.callbacks.set(callback.id, callback)
    return Responses.ok(Wire.callback(callback))
  })

const registered = (exchange: Exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    const [name] = yield* valid(param(exchange, "event", event))
    const app = yield* onlyApps(caller)
    const callback = ofApp(exchange.state, app).find((one) => one.event === name)
    return callback ?? (yield* Effect.fail(Responses.noCallback))
  })

export const getCallback: Handler = (exchange) =>
  Effect.map(registered(exchange), (callback) => Responses.ok(Wire.callback(callback)))

export const deleteCallback: Handler = (exchange) =>
  Effect.map(registered(exchange), (callback) => {
    exchange.state.callbacks.delete(callback.id)
    return Responses.empty(204)
  })
