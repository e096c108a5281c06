/**
 * Pages that show files of the repository. A page written by hand links to such a file by its relative path, as in
 * `[backend.ts](../../examples/backend.ts)`, which works where the repository is browsed. On the site the link leads to a page under
 * `/source/` that shows the file.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { extname, join, posix } from "node:path"
import type { MarkdownRenderer } from "vitepress"
import { docs, writtenPages } from "./pages.js"

const repository = join(docs, "..")

/** The path of a link's target from the root of the repository; undefined for a link to another host or within a page. */
const targetOf = (from: string, href: string): string | undefined =>
  /^([a-z][\w+.-]*:|#|\/)/i.test(href) ? undefined : posix.join(posix.dirname(from), href.replace(/[?#].*$/, ""))

const isOutside = (target: string): boolean => !target.startsWith("docs/")

/** The route of the page that shows a file: `source/examples/backend` for `examples/backend.ts`. */
const routeOf = (file: string): string => `source/${file.slice(0, file.length - extname(file).length)}`

const linkedFrom = (from: string): ReadonlyArray<string> =>
  [...readFileSync(join(repository, from), "utf8").matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, href = ""]) => {
    const target = targetOf(from, href)
    if (target === undefined || !isOutside(target)) return []
    const path = join(repository, target)
    if (!existsSync(path) || !statSync(path).isFile())
      throw new Error(`${from}: ${href} is not a file of the repository`)
    return [target]
  })

/** All programs of `examples/`. */
export const examples: ReadonlyArray<string> = readdirSync(join(repository, "examples"))
  .filter((name) => name.endsWith(".ts"))
  .sort()
  .map((name) => `examples/${name}`)

/** The files that have a page: the examples, and the files that pages link to, also by way of a Markdown file. */
const files: ReadonlyArray<string> = (() => {
  const found = new Set(examples)
  const add = (from: string): void => {
    for (const file of linkedFrom(from)) {
      if (found.has(file)) continue
      found.add(file)
      if (file.endsWith(".md")) add(file)
    }
  }
  for (const page of writtenPages) add(`docs/${page}`)
  return [...found]
})()

const fileByRoute: ReadonlyMap<string, string> = (() => {
  const routes = new Map<string, string>()
  for (const file of files) {
    const route = `${routeOf(file)}.md`
    const other = routes.get(route)
    if (other !== undefined) throw new Error(`${file} and ${other} have the same page, ${route}`)
    routes.set(route, file)
  }
  return routes
})()

/** The link to the page that shows a file. */
export const linkTo = (file: string): string => `/${routeOf(file)}`

/** The parameters and the content of each page, for the route `source/[file].md`. */
export const sourcePages = () =>
  files.map((file) => {
    const text = readFileSync(join(repository, file), "utf8")
    return {
      params: { file: routeOf(file).slice("source/".length) },
      content: file.endsWith(".md")
        ? text
        : `# ${file}\n\n\`\`\`\`\`${extname(file).slice(1)}\n${text.trimEnd()}\n\`\`\`\`\``
    }
  })

/** Leads links to files of the repository to the pages that show them. */
export const repositoryLinks = (md: MarkdownRenderer): void => {
  md.core.ruler.push("repository-links", ({ env, tokens }) => {
    const { relativePath } = env as { readonly relativePath: string }
    const from = fileByRoute.get(relativePath) ?? `docs/${relativePath}`
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null
      const target = href === null ? undefined : targetOf(from, href)
      if (href === null || target === undefined) continue
      const anchor = /#.*$/.exec(href)?.[0] ?? ""
      if (isOutside(target)) token.attrSet("href", linkTo(target) + anchor)
      else if (!from.startsWith("docs/")) token.attrSet("href", target.slice("docs".length) + anchor)
    }
  })
}
