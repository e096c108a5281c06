import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ConfigError } from "effect/ConfigError"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Authoriser from "../Authoriser.js"
import { type ServerOptions, serverLayer } from "../internal/descriptor/apiLayer.js"
import { otherOrigins } from "../internal/spec/selectServer.js"
import * as Security from "./Security.js"
import * as Descriptor from "../Descriptor.js"
import type { CallError, EncodeError, PaginationError } from "../HeraldError.js"
import { unknownName } from "../internal/descriptor/names.js"
import { internals } from "../internal/operation.js"
import { byResource, documentHelp, methodHelp, resourceHelp } from "../internal/spec/help.js"
import type { Operation } from "../Operation.js"
import type { Page } from "../Pagination.js"
import type { Convention, NamedOperation } from "./Convention.js"
import type { Document } from "./Document.js"
import * as Names from "./Names.js"

/** A method of a client: an operation whose input and value have no type. */
export interface Method<out R> extends Operation<ReadonlyArray<unknown>, unknown, CallError | EncodeError, R> {
  /** The items of a list, over all its pages. Undefined if the document does not declare the operation as a list. */
  readonly items?: ((...args: ReadonlyArray<unknown>) => Stream.Stream<unknown, ListError, R>) | undefined
  /** The pages of a list. */
  readonly pages?:
    | ((...args: ReadonlyArray<unknown>) => Stream.Stream<Page<unknown, unknown, unknown>, ListError, R>)
    | undefined
}

/** The errors of a list. */
export type ListError = CallError | EncodeError | PaginationError

/** A resource of a client: its methods by name. */
export interface Resource<out R> {
  readonly [method: string]: Method<R>
}

/** A client: its resources by name. */
export interface Client<out R> {
  readonly [resource: string]: Resource<R>
}

/** Options of a client. */
export interface Options {
  /** The rules by which operations are named. Default: `Convention.standard`. */
  readonly convention?: Convention | undefined
}

/** A client has no method of this name. `names` are those that there are. */
export class UnknownMethod extends Data.TaggedError("UnknownMethod")<{
  readonly message: string
  readonly resource: string
  /** Undefined if there is no such resource. */
  readonly method?: string | undefined
  readonly names: ReadonlyArray<string>
}> {}

/** The key by which Node's `util.inspect`, and so its REPL, asks a value for its text. */
const inspect: unique symbol = /*#__PURE__*/ Symbol.for("nodejs.util.inspect.custom")

/** The options of Node's `util.inspect` that texts depend on. */
interface InspectOptions {
  readonly breakLength?: number | undefined
  readonly depth?: number | null | undefined
}

/** The width of help where a terminal does not tell it, in characters. */
const defaultWidth = 100

/** The help of a value: its lines at a width, made when they are asked for, and a line for use within another value. */
interface Shown {
  readonly lines: (width: number) => ReadonlyArray<string>
  readonly short: string
}

const toText =
  ({ lines }: Shown) =>
  () =>
    lines(defaultWidth).join("\n")

const toInspected =
  ({ lines, short }: Shown) =>
  (depth: number | null, { breakLength, depth: whole }: InspectOptions = {}) => {
    // Within another value, a line has to do.
    if (depth !== whole && typeof depth === "number") return `[${short}]`
    const isWidth = breakLength !== undefined && Number.isFinite(breakLength)
    return lines(isWidth ? Math.min(Math.max(breakLength, 60), 140) : defaultWidth).join("\n")
  }

/** Makes an object without a prototype but for its help. */
const withHelp = (shown: Shown): Record<string, unknown> =>
  Object.create(Object.create(null, { toString: { value: toText(shown) }, [inspect]: { value: toInspected(shown) } }))

/** The state of a method, behind a function. */
interface MethodState {
  readonly operation: () => Operation<ReadonlyArray<any>, unknown, unknown, unknown>
  readonly named: NamedOperation
  readonly warnings: ReadonlyArray<() => Effect.Effect<void>>
}

const stateKey: unique symbol = /*#__PURE__*/ Symbol.for("effect-herald/spec/Client/method")

const stateOf = (method: unknown): MethodState => (method as { readonly [stateKey]: () => MethodState })[stateKey]()

/** Makes a warning that is logged once. */
const warnOnce = (message: () => string): (() => Effect.Effect<void>) => {
  let warned = false
  return () =>
    Effect.suspend(() => {
      if (warned) return Effect.void
      warned = true
      return Effect.logWarning(message())
    })
}

/** Runs the warnings of a method before an effect. */
const afterWarnings = <A, E, R>(
  { warnings }: MethodState,
  effect: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  warnings.length === 0
    ? effect()
    : Effect.zipRight(
        Effect.forEach(warnings, (warning) => warning(), { discard: true }),
        Effect.suspend(effect)
      )

/** The list of an operation, if it is one. */
const listOf = ({ named, operation }: MethodState) =>
  named.descriptor().list === undefined ? undefined : Descriptor.list(operation())

/**
 * Makes the prototype of a client's methods. The properties of an operation are there once, and not in each method, so that a client
 * of ten thousand operations is made quickly.
 */
const methodPrototype = (): object => {
  const get = (read: (state: MethodState) => unknown): PropertyDescriptor => ({
    get(this: unknown) {
      return read(stateOf(this))
    }
  })
  const stream = (
    state: MethodState,
    make: (...args: ReadonlyArray<unknown>) => Stream.Stream<unknown, unknown, unknown>
  ) =>
    state.warnings.length === 0
      ? make
      : (...args: ReadonlyArray<unknown>) => Stream.unwrap(afterWarnings(state, () => Effect.succeed(make(...args))))
  const shown = ({ named }: MethodState): Shown => ({
    lines: (width) => methodHelp(named, width),
    short: `method ${named.resource}.${named.method}`
  })
  return Object.create(Function.prototype, {
    withResponse: get(
      (state) =>
        (...args: ReadonlyArray<unknown>) =>
          afterWarnings(state, () => state.operation().withResponse(...args))
    ),
    endpoint: get((state) => state.operation().endpoint),
    tag: get((state) => state.operation().tag),
    [internals]: get((state) => state.operation()[internals]),
    items: get((state) => {
      const list = listOf(state)
      return list && stream(state, list)
    }),
    pages: get((state) => {
      const list = listOf(state)
      return list && stream(state, list.pages)
    }),
    toString: get((state) => toText(shown(state))),
    [inspect]: get((state) => toInspected(shown(state)))
  })
}

const makeMethod = (prototype: object, state: MethodState): unknown => {
  const method = (...args: ReadonlyArray<unknown>) => afterWarnings(state, () => state.operation()(...args))
  // An assignment takes a small part of the time of `defineProperty`.
  const made: { [stateKey]?: () => MethodState } = Object.setPrototypeOf(method, prototype)
  made[stateKey] = () => state
  return made
}

/** Makes the methods of an operation: that of its name, and those of its former names. */
const methodsOf = (tag: Context.Tag<any, any>, prototype: object, named: NamedOperation) => {
  let made: ReturnType<MethodState["operation"]> | undefined
  const operation = () => (made ??= Descriptor.operation(tag, named.descriptor))
  const name = `${named.resource}.${named.method}`
  const { deprecated, deprecation } = named.operation
  const reason = deprecation === undefined ? "." : `: ${deprecation}`
  const warnings = deprecated ? [warnOnce(() => `${name} is deprecated by its API${reason}`)] : []
  const state = { operation, named, warnings }
  const former = (alias: string): MethodState => ({
    ...state,
    warnings: [warnOnce(() => `${named.resource}.${alias} is a former name: use ${name}.`), ...warnings]
  })
  return {
    method: makeMethod(prototype, state),
    aliases: (named.aliases ?? []).map((alias) => [alias, makeMethod(prototype, former(alias))] as const)
  }
}

/**
 * Makes a client from a document: an object of resources, which are objects of methods. A method is an operation of the kit, with the
 * variants of any operation, and `items` and `pages` if it is a list.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`
 * - `document`: the document; see `Document.parse`
 * - `Api`: the type of the client, for generated interfaces. Default: `Client`, whose methods have no types
 *
 * An argument that is unknown, missing or of another type is an `EncodeError`, and nothing is sent. A deprecated operation logs a
 * warning once per client. `String(method)` and Node's `util.inspect`, and so its REPL, show the help of methods, resources and the
 * client. Former names of methods are not enumerable. The client does not change.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser } from "effect-herald"
 * import { Client, type Document } from "effect-herald/spec"
 *
 * class PetStore extends Authoriser.Tag("app/PetStore")<PetStore>() {}
 *
 * const firstPets = (document: Document.Document) => {
 *   const client = Client.make(PetStore, document)
 *   return Effect.flatMap(Client.method(client, "pets", "list"), (list) => list({ limit: 10 }))
 * }
 * ```
 */
export const make: {
  <Id, Service extends Authoriser.Authoriser>(
    tag: Context.Tag<Id, Service>,
    document: Document,
    options?: Options
  ): Client<HttpClient | Id>
  <Api extends object>(tag: Context.Tag<any, any>, document: Document, options?: Options): Api
} = (tag: Context.Tag<any, any>, document: Document, { convention }: Options = {}): never => {
  const names = Names.make(document, convention)
  const prototype = methodPrototype()
  const resources = Array.from(byResource(names.operations), ([name, operations]) => {
    const resource = withHelp({
      lines: (width) => resourceHelp(name, operations, width),
      short: `resource ${name}, ${operations.length === 1 ? "1 method" : `${operations.length} methods`}`
    })
    for (const named of operations) {
      const { aliases, method } = methodsOf(tag, prototype, named)
      resource[named.method] = method
      for (const [alias, value] of aliases) Object.defineProperty(resource, alias, { value })
    }
    return [name, Object.freeze(resource)] as const
  })
  const client = withHelp({
    lines: (width) => documentHelp(document, names.operations, width),
    short: `client, ${names.operations.length} methods`
  })
  for (const [name, resource] of resources) client[name] = resource
  // The overloads declare the type.
  return Object.freeze(client) as never
}

/**
 * Returns a method by its name, which may be a former one. Fails with an `UnknownMethod` that lists the names that there are, with the nearest
 * one.
 */
export const method = <R>(client: Client<R>, resource: string, name: string): Effect.Effect<Method<R>, UnknownMethod> =>
  Effect.suspend(() => {
    const methods = Object.hasOwn(client, resource) ? client[resource] : undefined
    if (methods === undefined) {
      const names = Object.keys(client)
      const message = `${quoted(resource)} ${unknownName(resource, names, "a resource of this client")}`
      return Effect.fail(new UnknownMethod({ message, resource, names }))
    }
    const found = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (found !== undefined) return Effect.succeed(found)
    const names = Object.keys(methods)
    const message = `${quoted(name)} ${unknownName(name, names, `a method of ${resource}`)}`
    return Effect.fail(new UnknownMethod({ message, resource, method: name, names }))
  })

/** Options of `layer`. */
export interface LayerOptions<G extends Security.GivenSchemes> extends ServerOptions {
  /** The credentials by the names of security schemes, for example `{ api_key: Redacted.make(key) }`; see `Security.credentials`. Default: none. */
  readonly credentials?: G | undefined
}

/**
 * A layer of the API of a document: its server, and credentials for its security schemes. The credentials are sent to the servers that
 * operations have of their own, too. Fails with a `ConfigError` that lists the servers, variables or schemes of the document, if an option
 * names one that it does not have, and as `Authoriser.layer` does.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Authoriser } from "effect-herald"
 * import { Client, type Document } from "effect-herald/spec"
 *
 * class PetStore extends Authoriser.Tag("app/PetStore")<PetStore>() {}
 *
 * const live = (document: Document.Document) =>
 *   Client.layer(PetStore, document, {
 *     server: "https://{region}.pets.example/v2",
 *     variables: { region: "eu" },
 *     credentials: { api_key: Redacted.make("secret") },
 *     deadline: "30 seconds"
 *   })
 * ```
 */
export const layer = <Id, const G extends Security.GivenSchemes = {}>(
  tag: Context.Tag<Id, Authoriser.Authoriser>,
  document: Document,
  { credentials, ...options }: LayerOptions<G> = {}
): Layer.Layer<Id, ConfigError | Security.ErrorsOf<G>, Exclude<Security.ServicesOf<G>, Scope.Scope>> =>
  serverLayer(
    tag,
    document,
    (baseUrl) => otherOrigins(document, baseUrl),
    options,
    credentials && Security.credentials(document, credentials)
  )

const quoted = (name: string): string => JSON.stringify(name.slice(0, 100))
