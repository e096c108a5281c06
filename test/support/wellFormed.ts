/** An element of an XML document. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** The text in it and in its children. */
  readonly text: string
  readonly children: ReadonlyArray<Element>
}

/** Characters that XML 1.0 permits. */
const permitted = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }

const unescaped = (text: string): string =>
  text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const character = entities[name]
    if (character === undefined || !whole.endsWith(";")) throw new Error(`"${whole}" is no entity`)
    return character
  })

const attributesOf = (text: string): Readonly<Record<string, string>> => {
  const attributes: Record<string, string> = {}
  const rest = text.replace(/\s+([\w-]+)="([^"<]*)"/g, (_, name: string, value: string) => {
    if (name in attributes) throw new Error(`${name} is there twice`)
    attributes[name] = unescaped(value)
    return ""
  })
  if (rest.trim() !== "") throw new Error(`"${rest}" is no attribute`)
  return attributes
}

/** Parses the part of XML that the library's pictures use: elements, attributes in double quotes, text. Throws on anything else. */
export const parseXml = (document: string): Element => {
  if (!permitted.test(document)) throw new Error("a character is not permitted")
  interface Open {
    readonly name: string
    readonly attributes: Readonly<Record<string, string>>
    text: string
    readonly children: Array<Element>
  }
  const open: Array<Open> = [{ name: "", attributes: {}, text: "", children: [] }]
  let at = 0
  for (const { 0: tag, 1: end, 2: name = "", 3: attributes = "", 4: empty, index } of document.matchAll(
    /<(\/?)([\w-]*)([^<>]*?)(\/?)>/g
  )) {
    const text = document.slice(at, index)
    if (/[<>]/.test(text)) throw new Error(`"${text}" has a tag that is none`)
    open.at(-1)!.text += unescaped(text)
    at = index + tag.length
    if (end === "") open.push({ name, attributes: attributesOf(attributes), text: "", children: [] })
    if (end !== "" || empty !== "") {
      const closed = open.pop()!
      if (closed.name !== name || name === "") throw new Error(`${closed.name} ends with ${tag}`)
      const parent = open.at(-1)!
      parent.children.push(closed)
      parent.text += closed.text
    }
  }
  const [root] = open
  if (open.length !== 1 || root!.children.length !== 1 || document.slice(at).trim() !== "")
    throw new Error("no single root")
  return root!.children[0]!
}

/** All elements with this name. */
export const elementsOf = (element: Element, name: string): ReadonlyArray<Element> => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => elementsOf(child, name))
]
