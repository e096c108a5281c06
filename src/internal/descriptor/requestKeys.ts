import type { Keys } from "./Descriptor.js"
import { snakeCase } from "./snakeCase.js"
import type { Ref } from "./Shape.js"
import { makeResolve, type Resolve } from "./shapeOf.js"

/** The properties of a shape and of its members, by name and by name in the case of the caller. */
interface Properties {
  readonly byName: ReadonlyMap<string, Ref>
  /** The names that are sent, by those in the case of the caller. */
  readonly sent: ReadonlyMap<string, string>
  readonly items: Ref | undefined
  readonly additional: Ref | undefined
}

/** Collects the properties of a shape, and of those that it consists of. */
const collect = (ref: Ref, resolve: Resolve): Properties => {
  const byName = new Map<string, Ref>()
  let items: Ref | undefined
  let additional: Ref | undefined
  // A set takes the members that are added while it is read, and each one once.
  const shapes = new Set([resolve(ref)])
  for (const shape of shapes) {
    for (const [name, one] of Object.entries(shape.properties ?? {})) if (!byName.has(name)) byName.set(name, one)
    items ??= shape.items
    if (shape.additional !== false) additional ??= shape.additional
    for (const member of [...(shape.allOf ?? []), ...(shape.anyOf ?? [])]) shapes.add(resolve(member))
  }
  return { byName, sent: new Map(Array.from(byName.keys(), (name) => [snakeCase(name), name])), items, additional }
}

/**
 * Makes a function that gives the keys of a request's value the names that its shape has, where they are in the case in which the caller
 * reads the keys of responses. Other keys stay as they are.
 */
export const requestRenamer = ({ verbatim = [] }: Keys): ((shape: Ref, root: unknown) => unknown) => {
  const unchanged = new Set(verbatim)
  const resolve = makeResolve()
  const known = new Map<Ref, Properties>()
  const propertiesOf = (ref: Ref): Properties => {
    const properties = known.get(ref) ?? collect(ref, resolve)
    known.set(ref, properties)
    return properties
  }
  return (shape, root) => {
    /** The containers whose content is to be copied. Not recursive, since values may be nested deeply. */
    const copies: Array<readonly [from: object, to: object, ref: Ref]> = []
    const copyOf = (value: unknown, ref: Ref | undefined): unknown => {
      if (ref === undefined || typeof value !== "object" || value === null) return value
      const copy = Array.isArray(value) ? [] : {}
      copies.push([value, copy, ref])
      return copy
    }
    const renamed = copyOf(root, shape)
    for (let next = copies.pop(); next !== undefined; next = copies.pop()) {
      const [from, to, ref] = next
      const { additional, byName, items, sent } = propertiesOf(ref)
      if (Array.isArray(from)) {
        for (const item of from) (to as Array<unknown>).push(copyOf(item, items))
        continue
      }
      for (const [key, value] of Object.entries(from)) {
        const own = byName.has(key) ? key : (sent.get(key) ?? key)
        const name = own !== key && Object.hasOwn(from, own) ? key : own
        // Unlike an assignment, this does not treat a key __proto__ as the prototype.
        Object.defineProperty(to, name, {
          value: unchanged.has(name) ? value : copyOf(value, byName.get(name) ?? additional),
          configurable: true,
          enumerable: true,
          writable: true
        })
      }
    }
    return renamed
  }
}
