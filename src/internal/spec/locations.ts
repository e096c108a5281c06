import { toUrl } from "../http/toUrl.js"

/** Reports whether a location is a URL. A letter before a colon is a drive of Windows. */
export const isUrl = (location: string): boolean => /^[a-z][a-z\d+.-]+:/i.test(location)

/** Reports whether a location is on the web. */
export const isWeb = (location: string): boolean => /^https?:/i.test(location)

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Removes the dot segments of a path. */
const normalise = (path: string): string => {
  const kept: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "." || (segment === "" && kept.length > 0)) continue
    const last = kept.at(-1)
    if (segment !== ".." || last === undefined || last === "..") kept.push(segment)
    else if (last !== "") kept.pop()
  }
  return kept.join("/")
}

/** Resolves a reference without a fragment against a path or URL: to a URL, or to a path with slashes. */
export const resolveLocation = (base: string, reference: string): string => {
  if (isUrl(reference)) return toUrl(reference)?.href ?? reference
  if (isUrl(base)) return toUrl(reference, base)?.href ?? reference
  const path = decode(reference)
  const directory = base.replaceAll("\\", "/").replace(/[^/]*$/, "")
  return normalise(/^(?:\/|[a-z]:[\\/])/i.test(path) ? path.replaceAll("\\", "/") : directory + path)
}
