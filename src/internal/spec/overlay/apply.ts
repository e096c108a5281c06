import * as Effect from "effect/Effect"
import type { Json } from "../../../Shape.js"
import type { Action, ActionProblem, Applied, Options, Overlay } from "./model.js"
import { childOf, isArray, isObject, parseTargets } from "./target.js"
import type { Path, Target } from "./target.js"
import { messageOf } from "../../messageOf.js"

type Container = Array<Json> | Record<string, Json>

/** Sets a child. Unlike an assignment, it does not treat a key `__proto__` as the prototype. */
const setChild = (container: Container, key: string | number, value: Json): void => {
  if (key !== "__proto__") Reflect.set(container, key, value)
  else Object.defineProperty(container, key, { value, configurable: true, enumerable: true, writable: true })
}

const isContainer = (value: Json): boolean => typeof value === "object" && value !== null

/**
 * A document that is changed without a change to the value that it began with: a container is copied before its first change, and
 * changed in place from then on. Thousands of actions copy a large container once.
 */
const makeDraft = (json: Json) => {
  const holder: Container = [json]
  const owned = new Set<unknown>()

  /** The child, as a container that may be changed. */
  const own = (container: Container, key: string | number): Container => {
    const child = childOf(container, key)
    // Only containers that this draft copied are in the set.
    if (owned.has(child)) return child as Container
    // The caller has looked: the child is a container.
    const copy: Container = isArray(child) ? [...child] : { ...(child as Record<string, Json>) }
    owned.add(copy)
    setChild(container, key, copy)
    return copy
  }

  /** The container at a path, as one that may be changed. */
  const ownAt = (path: Path): Container => path.reduce<Container>(own, own(holder, 0))

  const root = (): Json => holder[0] ?? null

  const at = (path: Path): Json | undefined =>
    path.reduce<Json | undefined>((value, key) => (value === undefined ? undefined : childOf(value, key)), root())

  /** Replaces the value at a path. */
  const set = (path: Path, value: Json): void =>
    setChild(path.length === 0 ? holder : ownAt(path.slice(0, -1)), path.at(-1) ?? 0, value)

  return { at, own, ownAt, root, set }
}

type Draft = ReturnType<typeof makeDraft>

/** Merges an update into an object. Not recursive, since an update may be nested deeply. */
const merge = (draft: Draft, object: Container, update: Readonly<Record<string, Json>>): void => {
  const merges: Array<readonly [Container, Readonly<Record<string, Json>>]> = [[object, update]]
  for (let next = merges.pop(); next !== undefined; next = merges.pop()) {
    const [target, source] = next
    for (const [key, value] of Object.entries(source)) {
      const current = childOf(target, key)
      if (isObject(current) && isObject(value)) merges.push([draft.own(target, key), value])
      else if (isArray(current) && isArray(value)) append(draft.own(target, key), value)
      else setChild(target, key, value)
    }
  }
}

const append = (array: Container, items: ReadonlyArray<Json>): void => {
  // Not by spreading: the number of arguments is limited.
  for (const item of items) (array as Array<Json>).push(item)
}

const kindOf = (value: Json): string =>
  isArray(value) ? "an array" : isObject(value) ? "an object" : value === null ? "null" : `a ${typeof value}`

/** Updates the value at a path. Returns what is wrong, if the update does not suit the value. */
const update = (draft: Draft, path: Path, value: Json): string | undefined => {
  const current = draft.at(path)
  // An update of a value that contains this one has replaced it.
  if (current === undefined) return undefined
  if (isArray(current)) append(draft.ownAt(path), isArray(value) ? value : [value])
  else if (isObject(current) && isObject(value)) merge(draft, draft.ownAt(path), value)
  else if (isContainer(current) || isContainer(value)) {
    return `\`target\` selects ${kindOf(current)}, which ${kindOf(value)} can't update`
  } else draft.set(path, value)
  return undefined
}

/**
 * Removes the values at paths. The deepest go first, and the items of an array go together, so that no removal changes the index of
 * another.
 */
const remove = (draft: Draft, paths: ReadonlyArray<Path>): void => {
  const parents = new Map<string, { readonly path: Path; readonly keys: Set<string | number> }>()
  for (const path of paths) {
    const parent = path.slice(0, -1)
    const id = JSON.stringify(parent)
    const entry = parents.get(id) ?? { path: parent, keys: new Set() }
    parents.set(id, entry)
    for (const key of path.slice(-1)) entry.keys.add(key)
  }
  for (const { keys, path } of [...parents.values()].sort((one, other) => other.path.length - one.path.length)) {
    const container = draft.ownAt(path)
    if (isArray(container)) {
      const kept = container.filter((_, index) => !keys.has(index))
      container.length = 0
      append(container, kept)
    } else for (const key of keys) Reflect.deleteProperty(container, key)
  }
}

/** Applies an action. Returns what is wrong with it. */
const applyAction = (draft: Draft, action: Action, target: Target | undefined): string | undefined => {
  if (target === undefined || "invalid" in target) return `\`target\` is no JSONPath (RFC 9535): ${target?.invalid}`
  if (action.remove !== true && action.update === undefined) {
    return "the action has neither `update` nor `remove: true`, and changes nothing"
  }
  let paths: ReadonlyArray<Path>
  try {
    paths = target.select(draft.root())
  } catch (error) {
    return `\`target\` can't be searched for: ${messageOf(error)}`
  }
  if (paths.length === 0) return "the action no longer applies: `target` selects nothing in the document"
  if (action.remove === true) {
    if (paths.some((path) => path.length === 0)) return "the document itself can't be removed"
    remove(draft, paths)
    return undefined
  }
  const seen = new Set<string>()
  let wrong: string | undefined
  for (const path of paths) {
    const id = JSON.stringify(path)
    if (seen.has(id)) continue
    seen.add(id)
    wrong ??= update(draft, path, action.update as Json)
  }
  return wrong
}

const applyAll = (
  json: Json,
  overlay: Overlay,
  targets: ReadonlyMap<string, Target>,
  options: Options | undefined
): Applied => {
  const draft = makeDraft(json)
  const problems: Array<ActionProblem> = []
  overlay.actions.forEach((action, index) => {
    const message = applyAction(draft, action, targets.get(action.target))
    if (message === undefined) return
    problems.push({
      pointer: `/actions/${index}`,
      ...(options?.source === undefined ? {} : { source: options.source }),
      message: `${message} (${action.target})`,
      action: index,
      target: action.target
    })
  })
  return { json: draft.root(), problems }
}

export const correction = (overlay: Overlay, options?: Options): Effect.Effect<(json: Json) => Applied> =>
  Effect.map(
    parseTargets(overlay.actions.map((action) => action.target)),
    (targets) => (json) => applyAll(json, overlay, targets, options)
  )

export const apply = (json: Json, overlay: Overlay, options?: Options): Effect.Effect<Applied> =>
  Effect.map(correction(overlay, options), (correct) => correct(json))
