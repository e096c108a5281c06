import { version } from "../version.js"

/** Reports whether this is a browser. Browsers send their own `User-Agent`; another one would cost a preflight request. */
export const isBrowser = (): boolean => {
  // TypeScript's DOM types declare `navigator`, which Node 20 does not have.
  const agent = (globalThis as { readonly navigator?: { readonly userAgent?: string } }).navigator?.userAgent
  return agent?.startsWith("Mozilla/") === true
}

/** Returns the default `User-Agent` header; none in browsers. */
export const userAgent = (): Readonly<Record<string, string>> =>
  isBrowser() ? {} : { "user-agent": `effect-herald/${version}` }
