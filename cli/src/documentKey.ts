import type { DocumentKey } from "./completion/CompletionData.js"
import type { Io } from "./Io.js"

/** The documents that have a name of their own. */
export const civis = "civis"

/**
 * Returns the document that the options mean. The variables of the environment describe one document, `HERALD_SPEC`: its overlays are
 * not those of another one.
 */
export const documentKey = (
  options: {
    readonly spec: string | undefined
    readonly overlays: ReadonlyArray<string>
    readonly convention: string | undefined
  },
  env: Io["env"]
): DocumentKey | undefined => {
  const spec = options.spec ?? env["HERALD_SPEC"]
  if (spec === undefined || spec === "") return undefined
  const inherited = isEnvironmentOf(spec, env)
    ? (env["HERALD_OVERLAY"] ?? "").split(/\s+/).filter((text) => text !== "")
    : []
  return {
    spec,
    overlays: options.overlays.length > 0 ? options.overlays : inherited,
    // The document of Civis has no other convention.
    convention: spec === civis ? civis : options.convention
  }
}

/**
 * Reports whether the variables `HERALD_…` are for this document. Otherwise the secrets of one API would be sent to the servers of
 * another one whose security scheme has the same name.
 */
export const isEnvironmentOf = (spec: string, env: Io["env"]): boolean => {
  const described = env["HERALD_SPEC"]
  return described === undefined || described === "" || described === spec
}

/** Reports whether a location is a URL. */
export const isUrl = (location: string): boolean => /^https?:\/\//i.test(location)
