/** The links of all pages to pages of the site, with their anchors. Links to other hosts are not followed. */
import { LinkChecker, LinkState } from "linkinator"

/** Follows all links from the page at `url`. Returns the broken ones, each with the page that has it, and the number of links. */
export const checkLinks = async (
  url: string
): Promise<{ readonly problems: ReadonlyArray<string>; readonly links: number }> => {
  const { origin } = new URL(url)
  const { links } = await new LinkChecker().check({
    path: url,
    recurse: true,
    checkFragments: true,
    checkCss: true,
    cleanUrls: true,
    // A connection that breaks on a busy machine is not a broken link.
    retryErrors: true,
    concurrency: 10,
    linksToSkip: async (link) => !link.startsWith(origin)
  })
  const short = (link: string): string => link.replace(url, "/")
  return {
    problems: links
      .filter(({ state }) => state === LinkState.BROKEN)
      .map((link) => `${short(link.parent ?? "")}: ${short(link.url)} is broken (status ${link.status ?? "unknown"})`),
    links: links.filter(({ state }) => state === LinkState.OK).length
  }
}
