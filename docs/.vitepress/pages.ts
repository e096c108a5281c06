/** The pages of the site that are written by hand, and the check that the sidebar lists each of them. */
import { fileURLToPath } from "node:url"
import type { DefaultTheme } from "vitepress"
import { pages } from "../../tools/pages.js"

export const docs = fileURLToPath(new URL("../", import.meta.url))

/** Paths from the folder of the site, such as `guides/errors.md`. */
export const writtenPages: ReadonlyArray<string> = pages
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.startsWith("docs/"))
  .map((path) => path.slice("docs/".length))

/** The links of the sidebar, in its order. */
export const linksOf = (items: ReadonlyArray<DefaultTheme.SidebarItem>): ReadonlyArray<string> =>
  items.flatMap(({ items: inner = [], link }) => [...(link === undefined ? [] : [link]), ...linksOf(inner)])

/** Throws if a page is missing in the sidebar, or if an entry of the sidebar has no page. */
export const checkSidebar = (sidebar: ReadonlyArray<DefaultTheme.SidebarItem>): void => {
  const listed = linksOf(sidebar)
  const written = writtenPages
    .filter((path) => path !== "index.md")
    .map((path) => `/${path.replace(/(index)?\.md$/, "")}`)
  const problems = [
    ...written
      .filter((link) => !listed.includes(link))
      .map((link) => `${link} is a page that the sidebar does not list`),
    ...listed
      .filter((link) => !written.includes(link))
      .map((link) => `${link} is in the sidebar, and there is no such page`),
    ...listed.filter((link, index) => listed.indexOf(link) !== index).map((link) => `${link} is in the sidebar twice`)
  ]
  if (problems.length > 0) throw new Error(`docs/.vitepress/sidebar.ts:\n${problems.join("\n")}`)
}
