import type { Convention } from "effect-herald/spec"
import { findResource, keyOf, openDocument, type Resource, resourcesOf, summaryOf } from "../document.js"
import { exitCodes } from "../exitCodes.js"
import { usage } from "../Failure.js"
import type { Invocation, Program } from "../Invocation.js"
import { run } from "../run.js"
import { toJson } from "../text/json.js"
import { layOut } from "../text/table.js"
import { oneLine } from "../text/visible.js"

/** Lists resources, methods, or the operations that a search finds. */
export const program: Program = async (invocation) => {
  const { io, operands, values, warn } = invocation
  const [name, ...more] = operands
  if (more.length > 0) throw usage("herald list takes one RESOURCE.", "`herald help list` shows how it is used.")
  const opened = await run(openDocument(keyOf(values, io.env), io), invocation)
  for (const warning of opened.warnings) await warn(warning)
  const all = resourcesOf(opened)
  const resources = name === undefined ? all : [findResource(all, name)]
  const search = values.get("search")
  if (search !== undefined) return await listOperations(invocation, found(resources, search), true)
  if (name !== undefined) return await listOperations(invocation, resources[0]!.operations, false)
  return await listResources(invocation, resources, opened.document.title)
}

const lines = (texts: ReadonlyArray<string>) => texts.map((text) => `${text}\n`).join("")

/** One line to a row: a table for a terminal would be cut, but what a pipe reads must not be. */
const columnsOf = ({ io }: Invocation) => io.stdout.columns ?? Infinity

const listResources = async (invocation: Invocation, resources: ReadonlyArray<Resource>, title: string) => {
  const { io, style, values } = invocation
  if (values.has("json")) {
    await io.stdout.write(
      lines(
        resources.map(({ name, operations, summary }) =>
          toJson({ resource: name, methods: operations.length, summary })
        )
      )
    )
    return exitCodes.ok
  }
  const count = resources.reduce((sum, { operations }) => sum + operations.length, 0)
  const rows = resources.map(({ name, operations, summary }) => [
    name,
    String(operations.length).padStart(4),
    // Where no tag describes the resource, its methods do.
    summary === "" ? methodNames(operations) : summary
  ])
  const heading = `${oneLine(title)}: ${plural(count, "operation")}, ${plural(resources.length, "resource")}`
  const advice = "`herald list RESOURCE` shows the methods of one, `herald list --search WORDS` finds operations."
  await io.stdout.write(lines([style.bold(heading), "", ...layOut(rows, columnsOf(invocation))]))
  if (io.stdout.isTerminal) await io.stdout.write(lines(["", style.dim(advice)]))
  return exitCodes.ok
}

const methodNames = (operations: Resource["operations"]): string => {
  const names = operations.slice(0, 12).map(({ method }) => method)
  return `${names.join(", ")}${operations.length > names.length ? ", …" : ""}`
}

const plural = (count: number, noun: string) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`

/** Returns the summary of an operation, or its method and path if the document has none. */
const described = (named: Convention.NamedOperation): string => {
  const summary = summaryOf(named)
  const request = oneLine(`${named.operation.method} ${named.operation.path}`)
  return summary === "" || summary === "(deprecated)" ? `${summary} ${request}`.trim() : summary
}

const listOperations = async (
  invocation: Invocation,
  operations: ReadonlyArray<Convention.NamedOperation>,
  qualified: boolean
) => {
  const { io, values } = invocation
  const text = values.has("json")
    ? operations.map((named) =>
        toJson({
          resource: named.resource,
          method: named.method,
          request: `${named.operation.method} ${named.operation.path}`,
          summary: summaryOf(named),
          deprecated: named.operation.deprecated
        })
      )
    : layOut(
        operations.map((named) => [qualified ? `${named.resource} ${named.method}` : named.method, described(named)]),
        columnsOf(invocation)
      )
  await io.stdout.write(lines(text))
  if (qualified && operations.length === 0) throw usage(`No operation has all of these words: ${values.get("search")}.`)
  if (io.stdout.isTerminal && !values.has("json")) {
    await io.stdout.write(
      lines(["", invocation.style.dim("`herald call RESOURCE METHOD --help` shows the arguments of a method.")])
    )
  }
  return exitCodes.ok
}

/** Returns the operations that have all words in their name, path, summary or description. Those with them in the name come first. */
const found = (resources: ReadonlyArray<Resource>, search: string) => {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
  const has = (text: string) => words.every((word) => text.toLowerCase().includes(word))
  const matches = resources.flatMap(({ operations }) =>
    operations.flatMap((named) => {
      const { description, method, path, summary } = named.operation
      const name = `${named.resource} ${named.method}`
      const rank = has(name) ? 0 : has(`${name} ${path} ${summary ?? ""}`) ? 1 : 2
      return has(`${name} ${method} ${path} ${summary ?? ""} ${description ?? ""}`) ? [{ named, rank }] : []
    })
  )
  return matches.sort((one, other) => one.rank - other.rank).map(({ named }) => named)
}
