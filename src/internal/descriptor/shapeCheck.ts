import * as Redacted from "effect/Redacted"
import { isListed, sameJson } from "./sameJson.js"
import type { Checked, Direction, Json, Mismatch, Ref, Shape } from "./Shape.js"
import { maxIssues } from "../parseIssues.js"
import { describeTypes, makeNode, type Node, typeBit, typeBits, typeName, type Union } from "./shapeNode.js"
import { escapeToken } from "../jsonPointer.js"
import { makeResolve } from "./shapeOf.js"

/** The nesting to which a value is followed at once. Values below are checked later, so that no nesting ends the stack. */
const maxDepth = 200

/** The number of keys in the path of an issue. */
const maxKeys = 100

/** The number of values that are checked to select the member of one union, and in all. */
const unionLimits = { one: 10_000, all: 200_000 }

/** The number of unions within each other that describe the same value. */
const maxUnions = 100

/** The number of values of an enum in a message. */
const maxValues = 10

/** A step into a value. A text is a property that the shape names, and a number the index of an array. */
type Step = string | number | { readonly key: string | number; readonly place: string }

/** The unions that are being checked for one value, innermost first. */
interface Enclosing {
  readonly union: Union
  readonly node: Node
  readonly depth: number
  readonly next: Enclosing | undefined
}

/** A value whose check is deferred. */
interface Deferred {
  readonly node: Node
  readonly value: unknown
  readonly enclosing: Enclosing | undefined
  readonly path: ReadonlyArray<Step>
}

/** The result of trying a value as a member of a union. */
interface Trial {
  /** The number of mismatches. */
  count: number
  /** True if the value was not followed to its end. */
  undecided: boolean
  /** The number of values that an open enum does not list. */
  unlisted: number
}

const describeValues = (values: ReadonlyArray<Json>): string => {
  const texts = values.slice(0, maxValues).map((value) => (typeof value === "object" ? "an object" : String(value)))
  return `${texts.join(", ")}${values.length > maxValues ? ", ..." : ""}`
}

const keyOf = (step: Step): string | number => (typeof step === "object" ? step.key : step)

const placeOf = (step: Step): string => (typeof step === "string" ? step : typeof step === "number" ? "*" : step.place)

const isSame = (one: Mismatch["path"], other: Mismatch["path"]): boolean =>
  one.length === other.length && one.every((key, index) => key === other[index])

type Fields = Readonly<Record<string, unknown>>

/**
 * Makes a function that checks values. Shapes are prepared when a value first has them, and kept.
 *
 * A value is followed to `maxDepth`; what is below is deferred. The members of a union are told apart by the types of the value and by
 * properties with one value, so that mostly one is left. Otherwise each member is tried, within limits.
 */
export const makeChecker = (ref: Ref, direction: Direction): ((value: unknown) => Checked) => {
  const isRequest = direction === "request"
  const resolve = makeResolve()
  const nodes = new Map<Shape, Node>()
  const nodeOf = (ref: Ref): Node => {
    const shape = resolve(ref)
    const known = nodes.get(shape)
    if (known !== undefined) return known
    const made = makeNode(shape, resolve)
    nodes.set(shape, made)
    return made
  }

  const membersOf = (union: Union): ReadonlyArray<Node> => (union.nodes ??= union.shapes.map(nodeOf))

  const hasTags = (node: Node, value: Fields): boolean => {
    const tags = (node.tags ??= node.properties.flatMap(({ name, refs }) =>
      refs.flatMap((ref) => {
        const { enum: values } = resolve(ref)
        return values?.length === 1 ? [[name, values[0]!] as const] : []
      })
    ))
    return tags.every(
      ([name, tag]) => !Object.hasOwn(value, name) || value[name] === undefined || sameJson(tag, value[name])
    )
  }

  /** Reports whether another part of the shape has a property that a closed one has not. */
  const isKnown = (node: Node, key: string, enclosing: Enclosing | undefined): boolean => {
    for (let outer = enclosing; outer !== undefined; outer = outer.next) if (outer.node.named.has(key)) return true
    return node.unions.some((union) => membersOf(union).some(({ named }) => named.has(key)))
  }

  const accepts = (node: Node, value: unknown, bit: number): boolean =>
    // Bytes of a form or a multipart body.
    (node.types & bit) !== 0 || (isRequest && node.binary && typeof value === "object" && value !== null)

  /** Reports whether a value is a string, number, boolean or null that a shape has. Most values of parameters are. */
  const isScalarOf = ({ enums, types, unions }: Node, value: unknown): boolean => {
    const bit = typeBit(value)
    return (
      (bit & 48) === 0 &&
      (types & bit) !== 0 &&
      unions.length === 0 &&
      (!isRequest || enums.every((values) => isListed(values, value)))
    )
  }

  return (root) => {
    // Before the functions below are made, which take most of the time of such a check.
    if (isScalarOf(nodeOf(ref), root)) return { issues: [], count: 0 }
    const issues: Array<Mismatch> = []
    let count = 0
    const deferred: Array<Deferred> = []
    /** The objects that contain the value, in a request: JSON that was received does not contain itself. */
    const within = new Set<unknown>()
    let path: Array<Step> = []
    let depth = 0
    let trial: Trial | undefined
    let left = 0
    let leftInAll = unionLimits.all

    const report = (node: Node, kind: Mismatch["kind"], message: string, value: unknown, key?: Step): void => {
      if (trial !== undefined) {
        trial.count += 1
        return
      }
      if (issues.length >= maxIssues) {
        count += 1
        return
      }
      const steps = (key === undefined ? path : [...path, key]).slice(0, maxKeys)
      const place = steps.map(keyOf)
      // Two parts of a shape can require the same property.
      if (issues.some((issue) => issue.message === message && isSame(issue.path, place))) return
      count += 1
      issues.push({
        path: place,
        pointer: steps.map((step) => `/${escapeToken(placeOf(step))}`).join(""),
        kind,
        message,
        found: typeName(typeBit(value)),
        schema: node.shape.pointer
      })
    }

    const reportType = (node: Node, types: number, bit: number, value: unknown): void => {
      if (value === undefined) return report(node, "missing", "is missing", value)
      const found = describeTypes(bit) || `a ${typeof value}`
      report(
        node,
        value === null ? "null" : "type",
        `should be ${describeTypes(types) || "absent"}, and is ${found}`,
        value
      )
    }

    const checkAt = (step: Step, node: Node, given: unknown): void => {
      const value = isRequest && Redacted.isRedacted(given) ? Redacted.value(given) : given
      const bit = typeBit(value)
      const isContainer = (bit & 48) !== 0
      if (node.leaf && !isContainer && (node.types & bit) !== 0) return
      path.push(step)
      if (isRequest && isContainer) {
        if (within.has(value)) report(node, "type", "contains itself", value)
        else {
          within.add(value)
          check(node, value, bit, undefined)
          within.delete(value)
        }
      } else check(node, value, bit, undefined)
      path.pop()
    }

    const check = (node: Node, value: unknown, bit: number, enclosing: Enclosing | undefined): void => {
      if (trial !== undefined && (left -= 1) < 0) {
        trial.undecided = true
        return
      }
      if (depth >= maxDepth) {
        if (trial === undefined) deferred.push({ node, value, enclosing, path: path.slice(0, maxKeys) })
        else trial.undecided = true
        return
      }
      if (!accepts(node, value, bit)) return reportType(node, node.types, bit, value)
      if (value === null && node.nullable) return
      for (const values of node.enums) {
        if (isListed(values, value)) continue
        if (isRequest) report(node, "enum", `should be one of ${describeValues(values)}`, value)
        else if (trial !== undefined) trial.unlisted += 1
      }
      depth += 1
      // The bit tells which it is.
      if (bit === typeBits.object) checkObject(node, value as Fields, enclosing)
      else if (bit === typeBits.array) checkItems(node, value as ReadonlyArray<unknown>)
      for (const union of node.unions) checkUnion(union, node, value, bit, enclosing)
      depth -= 1
    }

    const checkObject = (node: Node, value: Fields, enclosing: Enclosing | undefined): void => {
      for (const property of node.properties) {
        const { inherited, name } = property
        const own = inherited && !Object.hasOwn(value, name) ? undefined : value[name]
        if (own === undefined && !property.required) continue
        const children = (property.nodes ??= property.refs.map(nodeOf))
        if (own !== undefined) for (const child of children) checkAt(name, child, own)
        else if (!children.some((child) => (isRequest ? child.readOnly : child.writeOnly))) {
          report(node, "missing", "is missing", undefined, name)
        }
      }
      if (node.additional.length === 0 && !(isRequest && node.closed)) return
      for (const key of Object.keys(value)) {
        if (node.named.has(key) || value[key] === undefined) continue
        const step = { key, place: "*" }
        for (const ref of node.additional) checkAt(step, nodeOf(ref), value[key])
        if (isRequest && node.closed && !isKnown(node, key, enclosing)) {
          report(node, "unknown", "is not expected", value[key], step)
        }
      }
    }

    const checkItems = ({ items, prefixItems }: Node, value: ReadonlyArray<unknown>): void => {
      const others = items.map(nodeOf)
      const end = others.length === 0 ? Math.min(value.length, prefixItems.length) : value.length
      for (let index = 0; index < end; index += 1) {
        const own = prefixItems[index]
        if (own === undefined) for (const child of others) checkAt(index, child, value[index])
        else for (const ref of own) checkAt({ key: index, place: String(index) }, nodeOf(ref), value[index])
      }
    }

    const checkUnion = (
      union: Union,
      node: Node,
      value: unknown,
      bit: number,
      enclosing: Enclosing | undefined
    ): void => {
      // A union that is a member of itself says nothing more about the same value.
      for (let outer = enclosing; outer !== undefined; outer = outer.next) if (outer.union.of === union.of) return
      const nesting = (enclosing?.depth ?? 0) + 1
      const members = membersOf(union)
      if (nesting > maxUnions || members.length === 0) return
      const inner: Enclosing = { union, node, depth: nesting, next: enclosing }
      if (union.discriminator !== undefined && bit === typeBits.object) {
        const { mapping, property } = union.discriminator
        const tag = Object.hasOwn(value as Fields, property) ? (value as Fields)[property] : undefined
        const names = Object.keys(mapping)
        if (typeof tag === "string" && names.length > 0) {
          if (Object.hasOwn(mapping, tag)) return check(nodeOf(mapping[tag]!), value, bit, inner)
          if (isRequest) report(node, "enum", `should be one of ${describeValues(names)}`, tag, property)
          else if (trial !== undefined) trial.unlisted += 1
          return
        }
      }
      const ofType = members.filter((member) => accepts(member, value, bit))
      if (ofType.length === 0) {
        return reportType(
          node,
          members.reduce((bits, { types }) => bits | types, 0),
          bit,
          value
        )
      }
      const tagged = bit === typeBits.object ? ofType.filter((member) => hasTags(member, value as Fields)) : ofType
      const candidates = tagged.length === 0 ? ofType : tagged
      const selected = candidates.length === 1 ? candidates[0] : select(candidates, value, bit, inner)
      if (selected !== undefined) check(selected, value, bit, inner)
    }

    /**
     * Tries the members of a union. Returns the one by which the value is to be checked: the closest, if none matches. Undefined if one
     * matches, or if it can't be told within the limits which member the value is.
     */
    const select = (
      candidates: ReadonlyArray<Node>,
      value: unknown,
      bit: number,
      inner: Enclosing
    ): Node | undefined => {
      const outer = trial
      if (outer === undefined) {
        if (leftInAll <= 0) return undefined
        left = Math.min(unionLimits.one, leftInAll)
        leftInAll -= left
      }
      let best: { readonly node: Node; readonly result: Trial } | undefined
      let possible = 0
      for (const node of candidates) {
        const result: Trial = { count: 0, undecided: false, unlisted: 0 }
        trial = result
        check(node, value, bit, inner)
        if (result.count === 0 && result.undecided) possible += 1
        const isBetter =
          best === undefined ||
          result.count < best.result.count ||
          (result.count === best.result.count &&
            Number(result.undecided) * 1e9 + result.unlisted <
              Number(best.result.undecided) * 1e9 + best.result.unlisted)
        if (isBetter) best = { node, result }
        if (result.count === 0 && !result.undecided && result.unlisted === 0) break
      }
      trial = outer
      if (outer === undefined) leftInAll += Math.max(0, left)
      if (best === undefined) return undefined
      const { node, result } = best
      if (outer !== undefined) {
        outer.count += result.count
        outer.unlisted += result.unlisted
        outer.undecided ||= result.undecided
        return undefined
      }
      if (result.count > 0) return node
      return result.undecided && possible === 1 ? node : undefined
    }

    const begin = (node: Node, given: unknown, enclosing: Enclosing | undefined): void => {
      const value = isRequest && Redacted.isRedacted(given) ? Redacted.value(given) : given
      within.clear()
      within.add(value)
      depth = 0
      check(node, value, typeBit(value), enclosing)
    }

    begin(nodeOf(ref), root, undefined)
    // A value that contains itself, far below, has no end.
    const seen = new Map<Node, Set<unknown>>()
    for (let next = deferred.pop(); next !== undefined; next = deferred.pop()) {
      const { enclosing, node, value } = next
      if (typeof value === "object" && value !== null) {
        const values = seen.get(node) ?? new Set()
        if (values.has(value)) continue
        seen.set(node, values.add(value))
      }
      path = [...next.path]
      begin(node, value, enclosing)
    }
    return { issues, count }
  }
}
