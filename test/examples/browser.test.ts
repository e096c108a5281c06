import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { existsSync, readFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { type Browser, chromium, type ConsoleMessage, type Page, type Request } from "playwright-core"
import { startExplorer } from "../../examples/browser/server/demo.js"

const executablePath = "/usr/bin/chromium"
const hasChromium = existsSync(executablePath)
const skipped = `skipped: there is no ${executablePath}, which .ci/run installs`
if (!hasChromium) console.log(`Tests of the page for browsers are ${skipped}`)

const axePath = new URL("../../docs/node_modules/axe-core/axe.min.js", import.meta.url)
const hasAxe = existsSync(axePath)
const withoutAxe = "skipped: axe-core is not there, run `npm ci` in docs"
if (hasChromium && !hasAxe) console.log(`The accessibility check of the page for browsers is ${withoutAxe}`)

/** The demo, and a browser. */
class Demo extends Context.Tag("test/Demo")<
  Demo,
  { readonly pageUrl: string; readonly apiUrl: string; readonly browser: Browser }
>() {}

const demo = Layer.scoped(
  Demo,
  Effect.gen(function* () {
    const { apiUrl, pageUrl } = yield* startExplorer
    const browser = yield* Effect.acquireRelease(
      Effect.promise(() => chromium.launch({ executablePath, args: ["--no-sandbox"] })),
      (browser) => Effect.promise(() => browser.close())
    )
    return { apiUrl, pageUrl, browser }
  })
)

// Not by `layer` of @effect/vitest, which changes `it` for all files of the worker.
const runtime = ManagedRuntime.make(demo)

/** A page, and what happened in it. */
interface Visit {
  readonly page: Page
  readonly apiUrl: string
  readonly errors: ReadonlyArray<string>
  /** The requests to the API, without preflights. */
  readonly calls: ReadonlyArray<Request>
  /** The paths of the preflight requests. */
  readonly preflights: ReadonlyArray<string>
}

interface Device {
  readonly width: number
  readonly colorScheme?: "light" | "dark"
}

/** The paths of the preflight requests that a server of this process receives. The browser's tools do not show all of them. */
const preflightsOf = (url: string) => {
  const preflights: Array<string> = []
  const receive = (message: unknown) => {
    const { request } = message as { readonly request: IncomingMessage }
    if (request.method === "OPTIONS" && request.headers.host === new URL(url).host) preflights.push(`${request.url}`)
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      subscribe("http.server.request.start", receive)
      return preflights
    }),
    () => Effect.sync(() => unsubscribe("http.server.request.start", receive))
  )
}

/** Opens the page in a context of its own. When it is left, no request has been sent to another host. */
const visit = (device: Device, use: (visit: Visit) => Promise<void>) =>
  runtime.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { apiUrl, browser, pageUrl } = yield* Demo
        const { colorScheme = "light", width } = device
        const context = yield* Effect.acquireRelease(
          Effect.promise(() => browser.newContext({ viewport: { width, height: 800 }, colorScheme })),
          (context) => Effect.promise(() => context.close())
        )
        const preflights = yield* preflightsOf(apiUrl)
        yield* Effect.promise(async () => {
          const page = await context.newPage()
          page.setDefaultTimeout(60_000)
          const errors: Array<string> = []
          const requests: Array<Request> = []
          page.on("console", (message: ConsoleMessage) => message.type() === "error" && errors.push(message.text()))
          page.on("pageerror", (error) => errors.push(error.message))
          page.on("request", (request) => requests.push(request))
          await page.goto(pageUrl)
          const visited: Visit = {
            page,
            apiUrl,
            errors,
            get calls() {
              return requests.filter((request) => request.url().startsWith(apiUrl))
            },
            preflights
          }
          await use(visited)
          const origins = requests
            .map((request) => new URL(request.url()))
            .filter(({ protocol }) => protocol !== "data:")
          expect([...new Set(origins.map(({ origin }) => origin))].toSorted()).toEqual([apiUrl, pageUrl].toSorted())
        })
      })
    )
  )

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })
const status = (page: Page, part: string, text: string | RegExp) =>
  page.locator(`#${part}-status`).filter({ hasText: text }).waitFor()

/** Leaves the requests with this text in their URL without a response. Returns the first of them, once it is sent. */
const hold = async (page: Page, text: string) => {
  const sent = page.waitForRequest((request) => request.url().includes(text))
  await page.route(
    (url) => url.href.includes(text),
    () => {}
  )
  return sent
}

const aborted = (page: Page, text: string) =>
  page.waitForEvent("requestfailed", (request) => request.url().includes(text))

interface Story {
  readonly name: string
  readonly outcome: string
  readonly requests: number
  /** Text in the timeline, or in the message of the error. */
  readonly tells: string
  /** The errors that the browser itself writes to its console. */
  readonly errors: RegExp
}

const failedToLoad = /^Failed to load resource/

const stories: ReadonlyArray<Story> = [
  { name: "503 twice, then 200", outcome: "succeeded with 200", requests: 3, tells: "retried", errors: failedToLoad },
  { name: "429, wait 2 seconds", outcome: "succeeded with 200", requests: 2, tells: "server", errors: failedToLoad },
  {
    name: "429, wait a day",
    outcome: "failed with RateLimited",
    requests: 1,
    tells: "the server asks to wait 1 day",
    errors: failedToLoad
  },
  {
    name: "404",
    outcome: "failed with NotFound",
    requests: 1,
    tells: "There is no such story",
    errors: failedToLoad
  },
  {
    name: "A deadline of 1 second",
    outcome: "failed with TimeoutError",
    requests: 1,
    tells: "not done within its deadline of 1 second",
    errors: /^$/
  },
  {
    name: "A broken connection",
    outcome: "failed with TransportError",
    requests: 4,
    tells: "no response: the connection failed",
    errors: failedToLoad
  },
  {
    name: "No CORS headers",
    outcome: "failed with TransportError",
    requests: 4,
    tells: "the server does not permit this page to read the response (CORS)",
    errors: /^Failed to load resource|has been blocked by CORS policy/
  },
  {
    name: "A redirect",
    outcome: "failed with DecodeError",
    requests: 1,
    tells: "request the URL that it leads to",
    errors: /^$/
  }
]

const title = `the page for browsers${hasChromium ? "" : ` (${skipped})`}`

describe.skipIf(!hasChromium)(title, () => {
  beforeAll(() => runtime.runPromise(Demo), 120_000)
  afterAll(() => runtime.dispose())

  for (const width of [1280, 375]) {
    const at = `at a width of ${width}`

    it(`loads the list ${at}, by keyboard, without a preflight and an error`, () =>
      visit({ width }, async (visited) => {
        const { errors, page, preflights } = visited
        await page.keyboard.press("Tab")
        expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Load accounts")
        await page.keyboard.press("Enter")
        await status(page, "accounts", "All 313 accounts are loaded.")
        expect(await page.locator("#accounts-rows tr").count()).toBe(313)
        expect(await page.getByRole("progressbar", { name: "Progress of the list" }).getAttribute("max")).toBe("16")
        expect(preflights).toEqual([])
        expect(errors).toEqual([])
        expect(visited.calls.length).toBe(16)
      }))

    it(`tells the story of each call ${at}`, () =>
      visit({ width }, async (visited) => {
        const { errors, page, preflights } = visited
        for (const { errors: expected, name, outcome, requests, tells } of stories) {
          const before = visited.calls.length
          const noted = errors.length
          await button(page, name).click()
          await status(page, "stories", `The call ${outcome}.`)
          const result = page.locator("#stories-result")
          expect(await result.textContent(), name).toContain(tells)
          const sent = visited.calls.slice(before).filter((request) => !request.url().includes("elsewhere"))
          expect(sent.length, name).toBe(requests)
          const picture = result.getByRole("img")
          await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0)
          expect(
            errors.slice(noted).filter((error) => !expected.test(error)),
            name
          ).toEqual([])
        }
        expect(preflights).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      }))
  }

  it("aborts the request for a page of the list when it is cancelled, and keeps the pages before it", () =>
    visit({ width: 1280 }, async ({ page }) => {
      const held = hold(page, "page=3")
      await button(page, "Load accounts").click()
      await held
      const end = aborted(page, "page=3")
      await page.locator("#accounts-cancel").click()
      await status(page, "accounts", "Cancelled after 60 accounts.")
      await end
      expect(await page.locator("#accounts-rows tr").count()).toBe(60)
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("accounts-load")
    }))

  it("interrupts a search when the text changes, and shows the result of the last one", () =>
    visit({ width: 1280 }, async ({ errors, page, preflights }) => {
      const field = page.getByLabel("Part of a name")
      const held = hold(page, "q=alice")
      await field.fill("alice")
      await held
      const end = aborted(page, "q=alice")
      await field.pressSequentially(" ")
      await field.fill("bob")
      await status(page, "search", "12 accounts with “bob”")
      await end
      expect(await page.locator("#search-results li").count()).toBe(8)
      await field.fill("")
      await status(page, "search", "Type a name")
      expect(await page.locator("#search-results li").count()).toBe(0)
      expect(preflights).toEqual([])
      expect(errors).toEqual([])
    }))

  it("uploads a file in parts, and sends a part again whose connection broke", () =>
    visit({ width: 1280 }, async (visited) => {
      const { page, preflights } = visited
      let failures = 1
      await page.route("**/uploads", (route) => (failures-- > 0 ? route.abort("connectionreset") : route.continue()))
      const file = { name: "photo.bin", mimeType: "image/png", buffer: Buffer.alloc(700_000, 1) }
      await page.getByLabel("File to upload").setInputFiles(file)
      await status(page, "upload", "photo.bin is uploaded: 684 KiB.")
      const progress = page.getByRole("progressbar", { name: "Progress of the upload" })
      expect(await progress.evaluate((bar: HTMLProgressElement) => [bar.value, bar.max])).toEqual([700_000, 700_000])
      expect(visited.calls.length).toBe(4)
      expect(preflights).toEqual([])
    }))

  it("cancels an upload between two parts or within one", () =>
    visit({ width: 1280 }, async ({ page }) => {
      const held = hold(page, "/uploads")
      await page
        .getByLabel("File to upload")
        .setInputFiles({ name: "photo.bin", mimeType: "image/png", buffer: Buffer.alloc(700_000, 1) })
      await held
      const end = aborted(page, "/uploads")
      await page.locator("#upload-cancel").click()
      await status(page, "upload", "Cancelled. The server has 0 KiB of 684 KiB.")
      await end
    }))

  it("takes a response from the cache until that is cleared", () =>
    visit({ width: 1280 }, async (visited) => {
      const { errors, page, preflights } = visited
      const load = button(page, "Load the team")
      await load.click()
      await status(page, "cache", "Alpha Ravens, from the server")
      await load.click()
      await status(page, "cache", "Alpha Ravens, from the cache")
      expect(visited.calls.length).toBe(1)
      await button(page, "Clear the cache").click()
      await status(page, "cache", "The cache is empty.")
      await load.click()
      await status(page, "cache", "from the server")
      expect(visited.calls.length).toBe(2)
      expect(preflights).toEqual([])
      expect(errors).toEqual([])
    }))

  it("says that the browser is offline", () =>
    visit({ width: 1280 }, async ({ page }) => {
      await page.context().setOffline(true)
      await button(page, "404").click()
      await status(page, "stories", "The call failed with TransportError.")
      expect(await page.locator("#stories-result").textContent()).toContain("no response: the browser is offline")
    }))

  it("is checked by means that see a preflight", () =>
    visit({ width: 1280 }, async ({ apiUrl, page, preflights }) => {
      await page.evaluate((url) => fetch(url, { headers: { "x-test": "1" } }).then(() => {}), `${apiUrl}/team/1`)
      expect(preflights).toEqual(["/team/1"])
    }))

  for (const colorScheme of ["light", "dark"] as const) {
    it.skipIf(!hasAxe)(
      `has no accessibility problem that axe finds, in its ${colorScheme} colors${hasAxe ? "" : ` (${withoutAxe})`}`,
      () =>
        visit({ width: 375, colorScheme }, async ({ page }) => {
          await button(page, "404").click()
          await status(page, "stories", "The call failed")
          await button(page, "Load accounts").click()
          await status(page, "accounts", "All 313 accounts")
          await page.evaluate(readFileSync(axePath, "utf8"))
          const violations = await page.evaluate(async () => {
            const { axe } = globalThis as unknown as {
              readonly axe: { readonly run: () => Promise<{ readonly violations: ReadonlyArray<{ id: string }> }> }
            }
            const found = await axe.run()
            return found.violations.map(({ id, ...violation }) => ({ id, nodes: JSON.stringify(violation) }))
          })
          expect(violations).toEqual([])
        })
    )
  }
})
