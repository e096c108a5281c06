import * as Effect from "effect/Effect"
import type { Problem } from "../../../spec/Problem.js"
import { parseText } from "../parseText.js"
import { OverlayError } from "./model.js"
import type { Action, Options, Overlay } from "./model.js"
import { isObject, parseTargets } from "./target.js"
import { at } from "../../jsonPointer.js"

/** The number of problems that the message of an error has in full. */
const shownProblems = 5

const fail = (problems: ReadonlyArray<Problem>, options: Options | undefined): OverlayError => {
  const shown = problems
    .slice(0, shownProblems)
    .map(({ message, pointer }) => (pointer === "" ? message : `${pointer}: ${message}`))
  if (problems.length > shownProblems) shown.push(`and ${problems.length - shownProblems} more`)
  return new OverlayError({
    message: `The overlay${options?.source === undefined ? "" : ` ${options.source}`} can't be read: ${shown.join("; ")}`,
    source: options?.source,
    problems
  })
}

/** What is not JSON in a value: a cycle, or a value of JavaScript. Not recursive, since a value may be nested deeply. */
const findForeign = (value: unknown, pointer: string): Problem | undefined => {
  // Containers of the path to the current one, and those that were left.
  const open = new Set<object>()
  const done = new Set<object>()
  const steps: Array<{ readonly value: unknown; readonly pointer: string; readonly leave?: true }> = [
    { value, pointer }
  ]
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const one = step.value
    if (one === null || typeof one === "string" || typeof one === "boolean" || typeof one === "bigint") continue
    if (typeof one === "number" && Number.isFinite(one)) continue
    if (typeof one !== "object") return { pointer: step.pointer, message: `a value of type ${typeof one} is not JSON` }
    if (step.leave === true) {
      open.delete(one)
      done.add(one)
    } else if (open.has(one)) return { pointer: step.pointer, message: "the value contains itself" }
    else if (!done.has(one)) {
      open.add(one)
      steps.push({ value: one, pointer: step.pointer, leave: true })
      for (const [key, child] of Object.entries(one)) {
        steps.push({ value: child, pointer: at(step.pointer, key) })
      }
    }
  }
  return undefined
}

const isExtension = (key: string): boolean => key.startsWith("x-")

/** Reads the fields of an object: reports those that are missing, have another type, or are not known. */
const readFields = (
  value: unknown,
  pointer: string,
  fields: Readonly<Record<string, "string" | "boolean" | "object" | "array" | "any">>,
  required: ReadonlyArray<string>,
  problems: Array<Problem>
): Readonly<Record<string, unknown>> => {
  if (!isObject(value)) {
    problems.push({ pointer, message: "expected an object" })
    return {}
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) problems.push({ pointer, message: `\`${key}\` is missing` })
  }
  for (const [key, child] of Object.entries<unknown>(value)) {
    if (isExtension(key)) continue
    const expected = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (expected === undefined) {
      problems.push({
        pointer: `${pointer}/${key}`,
        message: `unknown field; there are ${Object.keys(fields).join(", ")}, and extensions (x-…)`
      })
    } else if (expected !== "any") {
      const actual = Array.isArray(child) ? "array" : child === null ? "null" : typeof child
      if (actual !== expected) {
        problems.push({
          pointer: `${pointer}/${key}`,
          message: `expected ${article(expected)}, found ${article(actual)}`
        })
      }
    }
  }
  return value
}

const article = (type: string): string => (type === "null" ? type : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`)

const readOverlay = (value: unknown): { readonly overlay: Overlay; readonly problems: ReadonlyArray<Problem> } => {
  const problems: Array<Problem> = []
  const foreign = findForeign(value, "")
  if (foreign !== undefined) problems.push(foreign)
  const root = readFields(
    value,
    "",
    { overlay: "string", info: "object", extends: "string", actions: "array" },
    ["overlay", "info", "actions"],
    problems
  )
  // An overlay of version 1.1 reads the same, but for `copy`, which is reported as an unknown field.
  if (typeof root["overlay"] === "string" && !/^1\.[01]\.\d+$/.test(root["overlay"])) {
    problems.push({ pointer: "/overlay", message: `version ${root["overlay"]} is not supported; 1.0.0 and 1.1.0 are` })
  }
  if (isObject(root["info"])) {
    readFields(
      root["info"],
      "/info",
      { title: "string", version: "string", description: "string" },
      ["title", "version"],
      problems
    )
  }
  const actions = Array.isArray(root["actions"]) ? root["actions"] : []
  actions.forEach((action: unknown, index) => {
    readFields(
      action,
      `/actions/${index}`,
      { target: "string", description: "string", update: "any", remove: "boolean" },
      ["target"],
      problems
    )
  })
  // All that the type says was read above: without problems, the value is an overlay.
  return { overlay: value as Overlay, problems }
}

export const fromJson = (value: unknown, options?: Options): Effect.Effect<Overlay, OverlayError> =>
  Effect.suspend(() => {
    const { overlay, problems } = readOverlay(value)
    if (problems.length > 0) return Effect.fail(fail(problems, options))
    return Effect.flatMap(parseTargets(overlay.actions.map((action) => action.target)), (targets) => {
      const invalid: Array<Problem> = []
      overlay.actions.forEach(({ target }: Action, index) => {
        const parsed = targets.get(target)
        if (parsed === undefined || !("invalid" in parsed)) return
        invalid.push({
          pointer: `/actions/${index}/target`,
          message: `${target} is no JSONPath (RFC 9535): ${parsed.invalid}`
        })
      })
      return invalid.length === 0 ? Effect.succeed(overlay) : Effect.fail(fail(invalid, options))
    })
  })

/** Reads an overlay from a text of JSON or YAML. */
export const parse = (text: string, options?: Options): Effect.Effect<Overlay, OverlayError> =>
  parseText(text, options?.source ?? "The overlay").pipe(
    Effect.mapError(({ message }) =>
      // A text that is valid is none of a document, and described as one.
      fail([{ pointer: "", message: message.includes("not valid") ? message : "expected an object" }], options)
    ),
    Effect.flatMap(({ json }) => fromJson(json, options))
  )
