import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Authoriser from "../../Authoriser.js"
import * as Body from "../../Body.js"
import { execute } from "../call/execute.js"
import { verbEndpoint } from "../endpoint/verbEndpoint.js"
import { toUrl } from "../http/toUrl.js"
import { DocumentError } from "./DocumentError.js"
import { isWeb } from "./locations.js"
import { messageOf } from "../messageOf.js"

const accept = "application/json, application/yaml, text/yaml;q=0.9, */*;q=0.8"

/** The URL for messages. Its query and user information may be secrets. */
const shown = ({ origin, pathname }: URL): string => origin + pathname

/** Reads a text from a URL, without credentials. */
export const readUrl = (location: string): Effect.Effect<string, DocumentError, HttpClient> =>
  Effect.suspend(() => {
    const url = isWeb(location) ? toUrl(location) : undefined
    if (url === undefined) {
      return new DocumentError({
        message: `${location} is no URL of the web: give one that starts with https:// or http://, or read files by a function of your own.`,
        source: location
      })
    }
    const fails = (reason: string) =>
      new DocumentError({ message: `${shown(url)} can't be read: ${reason}`, source: shown(url) })
    if (url.username !== "" || url.password !== "") {
      return fails("it has a user name or password, which are not sent. Save the document, and read the file.")
    }
    url.hash = ""
    return Effect.mapError(
      Effect.scoped(
        Effect.flatMap(Authoriser.make({ baseUrl: new URL(url.origin) }), (authoriser) => {
          const verb = verbEndpoint(
            { method: "GET", target: url, success: Body.text(), options: { headers: { accept }, sensitive: true } },
            authoriser.baseUrl
          )
          const parts = { path: {}, query: {}, headers: { accept }, body: verb.body }
          const endpoint = { ...verb.endpoint, name: "Document.readUrl" }
          return Effect.map(
            execute(endpoint, authoriser, () => ({ input: parts, parts })),
            ({ value }) => String(value)
          )
        })
      ),
      (error) => fails(messageOf(error))
    )
  })
