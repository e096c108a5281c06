import { existsSync, readFileSync } from "node:fs"
import { slug } from "github-slugger"
import { type DefaultTheme, defineConfig } from "vitepress"
import { checkSidebar, linksOf } from "./pages.js"
import { sidebar } from "./sidebar.js"
import { twoslash } from "./twoslash.js"
import { examples, linkTo, repositoryLinks } from "./sourcePages.js"

checkSidebar(sidebar)

/** The path under which the site is served: it begins and ends with a slash. */
const base = process.env["DOCS_BASE"] ?? "/"

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

/** The sidebar of the generated pages; undefined as long as they are not generated. */
const reference = (() => {
  const path = new URL("../reference/typedoc-sidebar.json", import.meta.url)
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Array<DefaultTheme.SidebarItem>) : undefined
})()

/** One entry for each section of the sidebar: its first page. */
const nav: Array<DefaultTheme.NavItemWithLink> = [
  ...sidebar.map(({ items = [], text = "" }) => {
    const link = linksOf(items)[0] ?? "/"
    return { text, link, activeMatch: `^${link.slice(0, link.lastIndexOf("/") + 1)}` }
  }),
  ...(reference === undefined ? [] : [{ text: "Reference", link: "/reference/", activeMatch: "^/reference/" }])
]

const programs: DefaultTheme.SidebarItem = {
  text: "Example programs",
  items: examples.map((file) => ({ text: file.replace(/^examples\/|\.ts$/g, ""), link: linkTo(file) }))
}

/** The headings of a page, down to the third level. */
const titlesOf = (source: string): string => (source.match(/^#{1,3} .*$/gm) ?? []).join("\n\n")

export default defineConfig({
  title: "effect-herald",
  description: "A functional client library for HTTP APIs, in TypeScript on Effect.",
  lang: "en",
  base,
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: `${base}logo.svg` }]],
  markdown: {
    config: repositoryLinks,
    // Anchors are those of GitHub, where the pages are read, too.
    anchor: { slugify: slug },
    codeTransformers: [twoslash],
    // The contrast of the default themes is too low for comments and keywords.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" }
  },
  themeConfig: {
    logo: { src: "/logo.svg", alt: "" },
    siteTitle: `effect-herald <small>${version}</small>`,
    nav,
    sidebar: { "/": [...sidebar, programs], ...(reference === undefined ? {} : { "/reference/": reference }) },
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // The reference and the example programs are found by their titles. With their texts the index would be much larger.
        _render: (source, env, md) =>
          md.render(/^(reference|source)\//.test(env.relativePath) ? titlesOf(source) : source, env)
      }
    }
  }
})
