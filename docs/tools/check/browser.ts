/** The site in Chromium: five pages on a desktop and a phone, light and dark, and the use of the keyboard. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type Axe from "axe-core"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const pages = ["", "start/", "guides/errors", "apis/polympics", "reference/effect-herald/RetryPolicy"]

const screens = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Options {
  /** The address of the home page. */
  readonly url: string
  readonly executablePath: string
  /** The folder of the screenshots; undefined for none. */
  readonly screenshots: string | undefined
}

/** Opens a page, and returns what goes wrong while `look` uses it. */
const open = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<ReadonlyArray<string>>
): Promise<ReadonlyArray<string>> => {
  const context = await browser.newContext(options)
  const problems: Array<string> = []
  const { origin } = new URL(url)
  const page = await context.newPage()
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`the console says: ${message.text()}`)
  })
  page.on("pageerror", (error) => problems.push(`fails with: ${error.message}`))
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:"))
      problems.push(`requests ${request.url()} of another host`)
  })
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.url()} has the status ${response.status()}`)
  })
  try {
    await page.goto(url, { waitUntil: "networkidle" })
    problems.push(...(await look(page)))
  } finally {
    await context.close()
  }
  return problems
}

/** The name of the search button, "Search", does not contain the letter of its key, which the button shows. */
const notChecked = { "label-content-name-mismatch": { enabled: false } }

const overflow = async (page: Page): Promise<ReadonlyArray<string>> => {
  const [content, screen] = await page.evaluate(
    () => [document.documentElement.scrollWidth, window.innerWidth] as const
  )
  return content > screen ? [`is ${content} pixels wide on a screen of ${screen}`] : []
}

const accessibility = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.addScriptTag({ content: axe })
  const { violations } = await page.evaluate(
    (rules) => (globalThis as unknown as { readonly axe: typeof Axe }).axe.run({ rules }),
    notChecked
  )
  return violations
    .filter(({ impact, id }) => impact === "critical" || impact === "serious" || id.startsWith("landmark-"))
    .map(
      ({ help, id, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ html }) => html.slice(0, 200))
          .slice(0, 3)
          .join(" ")}`
    )
}

/** Tab reaches the link to the content, and the search is opened, used and left by the keyboard alone. */
const keyboard = async (page: Page): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  await page.keyboard.press("Tab")
  if ((await page.locator(":focus").innerText()) !== "Skip to content")
    problems.push("Tab does not reach the link to the content")
  await page.keyboard.press("Enter")
  if ((await page.locator(":focus").getAttribute("id")) !== "VPContent")
    problems.push("the link to the content does not move the focus there")
  const search = page.locator(".VPLocalSearchBox input")
  for (const key of ["/", "Control+k"]) {
    await page.keyboard.press(key)
    await search.waitFor()
    await page.keyboard.press("Escape")
    await search.waitFor({ state: "detached" })
  }
  await page.keyboard.press("/")
  await search.waitFor()
  await page.keyboard.type("retry budget")
  await page.locator(".VPLocalSearchBox .result.selected").waitFor()
  const before = page.url()
  await page.keyboard.press("Enter")
  await page.waitForURL((url) => url.href !== before)
  if ((await page.locator("h1").count()) !== 1) problems.push("Enter in the search does not open a page")
  return problems
}

/** Runs all checks. Returns the problems, each with its page. */
export const checkInBrowser = async ({ executablePath, screenshots, url }: Options): Promise<ReadonlyArray<string>> => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] })
  const problems: Array<string> = []
  try {
    for (const path of pages)
      for (const [screen, viewport] of Object.entries(screens))
        for (const colorScheme of ["light", "dark"] as const) {
          const name = `${path.replace(/\W+/g, "-").replace(/-$/, "") || "home"}-${screen}-${colorScheme}`
          const found = await open(browser, url + path, { viewport, colorScheme }, async (page) => {
            if (screenshots !== undefined)
              await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: path === "" })
            return [...(await overflow(page)), ...(await accessibility(page))]
          })
          problems.push(...found.map((problem) => `${name}: ${problem}`))
        }
    const found = await open(browser, url, { viewport: screens.desktop }, keyboard)
    problems.push(...found.map((problem) => `keyboard: ${problem}`))
  } finally {
    await browser.close()
  }
  return problems
}
