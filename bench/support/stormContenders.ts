import { setTimeout } from "node:timers/promises"
import type { Contender } from "./stormPlan.js"

type Request = () => Promise<unknown>

/** The retries of many SDKs: three, with waits of 0.5, 1 and 2 seconds, each shortened at random by up to a quarter. */
const threeRetries = (baseUrl: string): Request => {
  const attempt = async (retries: number): Promise<unknown> => {
    const response = await fetch(`${baseUrl}/account`).catch((error: unknown) => {
      if (retries === 3) throw error
    })
    if (response?.ok) return response.json()
    // The body is read, since the connection can be reused only after that.
    await response?.arrayBuffer().catch(() => undefined)
    const isTransient =
      response === undefined || response.status === 408 || response.status === 429 || response.status >= 500
    if (!isTransient || retries === 3) throw new Error(`HTTP ${response?.status}`)
    await setTimeout(Math.min(500 * 2 ** retries, 8000) * (1 - Math.random() / 4))
    return attempt(retries + 1)
  }
  return () => attempt(0)
}

/**
 * A GET of a small JSON document by each contender, with its default retries. Each takes a base URL, and returns a function that
 * makes the request. A process loads one contender only.
 */
export const contenders: Record<Contender, (baseUrl: string) => Promise<Request>> = {
  "effect-herald": async (baseUrl) => (await import("./stormHerald.js")).herald(baseUrl),
  ky: async (baseUrl) => {
    const { default: ky } = await import("ky")
    return () => ky(`${baseUrl}/account`).json()
  },
  got: async (baseUrl) => {
    const { default: got } = await import("got")
    return () => got(`${baseUrl}/account`).json()
  },
  "three retries": async (baseUrl) => threeRetries(baseUrl)
}
