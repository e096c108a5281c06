import type { Shape } from "../../../Shape.js"
import type { NamedOperation } from "../../../spec/Convention.js"
import { fileName, makeUnique } from "../generate/identifiers.js"
import { byResource, count, inputRows, responseRows, signature, summaryOf } from "../help.js"
import type { Document, DocumentOperation } from "../model.js"
import { oneLine } from "../prose.js"
import { propertiesOf, typesOf } from "../shapes.js"
import { typeText } from "../typeText.js"
import { commandCall, typescriptCall } from "./calls.js"
import { block, cell, codeSpan, plain, prose, table } from "./text.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** The width of a signature, in characters. */
const signatureWidth = 100

/** The number of properties of a response that are shown. */
const shownProperties = 100

/** The anchor of a heading, as GitHub makes it of plain text. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-")

/** The shape whose properties a value has: its own, or that of the items of an array. */
const objectOf = (shape: Shape | undefined): Shape | undefined => {
  if (shape === undefined || !typesOf(shape).includes("array") || shape.items === undefined) return shape
  return shapeOf(shape.items)
}

/** The properties of the first successful response that has some. */
const responseProperties = (operation: DocumentOperation): ReadonlyArray<string> => {
  for (const [status, { content }] of operation.details().responses) {
    if (!status.startsWith("2")) continue
    for (const media of content.values()) {
      const shape = media.shape ?? media.items
      const object = objectOf(shape)
      const properties =
        object === undefined ? [] : [...propertiesOf(object)].filter(([, { ref }]) => shapeOf(ref).writeOnly !== true)
      if (properties.length === 0) continue
      const rows = properties.slice(0, shownProperties).map(([name, { ref, required }]) => {
        const { deprecated, description = "" } = shapeOf(ref)
        return [
          codeSpan(required ? name : `${name}?`, true),
          codeSpan(typeText(ref), true),
          cell(`${deprecated === true ? "Deprecated. " : ""}${description}`)
        ]
      })
      const left = properties.length - shownProperties
      return [
        `${shape === object ? "The response" : "Each item"} has these properties:`,
        table(["Property", "Type", "Description"], rows),
        ...(left > 0 ? [`There are ${left} more.`] : [])
      ]
    }
  }
  return []
}

const securityText = (document: Document, operation: DocumentOperation): string => {
  const alternatives = (operation.security ?? document.security).map((names) =>
    names.length === 0 ? "none" : names.map((name) => codeSpan(name)).join(" with ")
  )
  return alternatives.length === 0 ? "" : `Credentials: ${alternatives.join(", or ")}.`
}

/** The section of an operation. */
const operationSection = (document: Document, named: NamedOperation): ReadonlyArray<string> => {
  const { aliases = [], method, operation, resource } = named
  const descriptor = named.descriptor()
  const details = operation.details()
  const summary = operation.summary ?? ""
  const description = operation.description ?? ""
  const { deprecation } = operation
  const inputs = inputRows(descriptor, details).map(({ name, text, type }) => [
    codeSpan(name, true),
    codeSpan(type, true),
    cell(text)
  ])
  const responses = responseRows(descriptor, details).map(({ name, text, type }) => [
    codeSpan(name, true),
    codeSpan(type, true),
    cell(text)
  ])
  const parts = [
    `## ${plain(method)}`,
    ...(operation.deprecated ? [`> **Deprecated.**${deprecation === undefined ? "" : ` ${cell(deprecation)}`}`] : []),
    ...(summary.trim() === "" ? [] : [prose(oneLine(summary, 500))]),
    ...(description.trim() === "" || description.trim() === summary.trim() ? [] : [prose(description)]),
    codeSpan(`${operation.method} ${operation.path}`),
    block("ts", [signature(descriptor, `${resource}.${method}`, signatureWidth)]),
    block("ts", [typescriptCall(named)]),
    block("sh", [commandCall(named, document.source)]),
    ...(inputs.length === 0 ? [] : ["**Input**", table(["Name", "Type", "Description"], inputs)]),
    ...(responses.length === 0 ? [] : ["**Responses**", table(["Status", "Body", "Description"], responses)]),
    ...responseProperties(operation),
    securityText(document, operation),
    ...(descriptor.list === undefined
      ? []
      : [`A list in pages: \`items\` is a Stream of its items, \`pages\` of its pages.`]),
    ...(aliases.length === 0 ? [] : [`Former names: ${aliases.map((alias) => codeSpan(alias)).join(", ")}.`])
  ]
  return parts.filter((part) => part !== "")
}

const page = (parts: ReadonlyArray<string>): string => `${parts.join("\n\n")}\n`

/** The rows of an index: a link to each operation, its request, and its summary. */
const indexRows = (operations: ReadonlyArray<NamedOperation>, file: string): ReadonlyArray<ReadonlyArray<string>> =>
  operations.map((named) => [
    `[${plain(named.method)}](${file}#${encodeURI(anchorOf(named.method))})`,
    codeSpan(`${named.operation.method} ${named.operation.path}`, true),
    cell(oneLine(summaryOf(named), 200))
  ])

const head = ["Method", "Request", "Summary"]

export const ofDocument = (
  document: Document,
  operations: ReadonlyArray<NamedOperation>
): ReadonlyMap<string, string> => {
  const resources = byResource(operations)
  // The index is no resource's, and some systems tell no upper case from lower case.
  const unique = makeUnique(["README"], (name) => name.toLowerCase())
  const files = new Map([...resources.keys()].map((name) => [name, `${unique(fileName(name, "resource"))}.md`]))
  const title = oneLine(`${document.title} ${document.version}`, 200) || "API"
  const index = page([
    `# ${plain(title)}`,
    ...(document.description === undefined || document.description.trim() === "" ? [] : [prose(document.description)]),
    `${count(operations.length, "method")} in ${count(resources.size, "resource")}.`,
    ...(resources.size === 0
      ? []
      : [
          table(
            ["Resource", "Methods"],
            [...resources].map(([name, { length }]) => [
              `[${plain(name)}](#${encodeURI(anchorOf(name))})`,
              String(length)
            ])
          )
        ]),
    ...[...resources].flatMap(([name, own]) => [
      `## ${plain(name)}`,
      table(head, indexRows(own, files.get(name) ?? ""))
    ])
  ])
  const pages = new Map([["README.md", index]])
  for (const [name, own] of resources) {
    const tag = document.tags.find((one) => one.name.toLowerCase() === name.toLowerCase())
    const parts = [
      `# ${plain(name)}`,
      `[All resources](README.md)`,
      ...(tag?.description === undefined || tag.description.trim() === "" ? [] : [prose(tag.description)]),
      table(head, indexRows(own, "")),
      ...own.flatMap((named) => operationSection(document, named))
    ]
    pages.set(files.get(name) ?? "", page(parts))
  }
  return pages
}
