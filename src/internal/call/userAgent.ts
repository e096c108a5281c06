import { version } from "../version.js"

const own: Readonly<Record<string, string>> = { "user-agent": `effect-herald/${version}` }
const none: Readonly<Record<string, string>> = {}

/** Browsers send their own `User-Agent`; one that a program sets costs a preflight request. */
const isBrowser = (): boolean => {
  // TypeScript's DOM types have it always; Node 20 has not.
  const agent = (globalThis as { readonly navigator?: { readonly userAgent?: string } }).navigator?.userAgent
  return agent?.startsWith("Mozilla/") === true
}

/** The default `User-Agent` header, where the runtime has none of its own. */
export const userAgent = (): Readonly<Record<string, string>> => (isBrowser() ? none : own)
