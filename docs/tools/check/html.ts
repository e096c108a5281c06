/** What the built files themselves show: resources of other hosts, and images without an alternative text. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const elements = /<(?:audio|embed|iframe|img|link|object|script|source|track|video)\b[^>]*>/g
const otherHost = /\b(?:src|href|srcset|data|poster)="(?:https?:)?\/\/[^"]*"/
const inCss = /(?:@import\s*|url\(\s*)["']?(?:https?:)?\/\/[^)"';]*/g

export const checkHtml = (folder: string): { readonly problems: ReadonlyArray<string>; readonly pages: number } => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()
  const pages = names.filter((name) => name.endsWith(".html"))
  const styles = names.filter((name) => name.endsWith(".css"))
  const textOf = (name: string): string => readFileSync(join(folder, name), "utf8")
  return {
    problems: [
      ...pages.flatMap((name) => {
        const tags = textOf(name).match(elements) ?? []
        return [
          ...tags.filter((tag) => otherHost.test(tag)).map((tag) => `${name}: loads from another host: ${tag}`),
          ...tags
            .filter((tag) => tag.startsWith("<img") && !/\salt(=|\s|>)/.test(tag))
            .map((tag) => `${name}: an image has no alternative text: ${tag}`)
        ]
      }),
      ...styles.flatMap((name) =>
        (textOf(name).match(inCss) ?? []).map((rule) => `${name}: loads from another host: ${rule}`)
      )
    ],
    pages: pages.length
  }
}
