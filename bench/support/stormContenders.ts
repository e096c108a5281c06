import { setTimeout } from "node:timers/promises"
import type { Contender } from "./stormPlan.js"

type Request = () => Promise<unknown>

/** What the SDKs of many services do: three retries, after half a second doubled up to eight, up to a quarter of it off. */
const threeRetries = (baseUrl: string): Request => {
  const attempt = async (retries: number): Promise<unknown> => {
    const response = await fetch(`${baseUrl}/account`).catch((error: unknown) => {
      if (retries === 3) throw error
    })
    if (response?.ok) return response.json()
    // Read to its end, the connection serves again.
    await response?.arrayBuffer().catch(() => undefined)
    const passes =
      response === undefined || response.status === 408 || response.status === 429 || response.status >= 500
    if (!passes || retries === 3) throw new Error(`HTTP ${response?.status}`)
    await setTimeout(Math.min(500 * 2 ** retries, 8000) * (1 - Math.random() / 4))
    return attempt(retries + 1)
  }
  return () => attempt(0)
}

/**
 * The same GET of a small JSON, by those who repeat it in their own way: each is given where its API is, and makes a request.
 * A process loads its own contender only.
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
