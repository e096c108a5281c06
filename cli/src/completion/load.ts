import * as HttpClient from "@effect/platform/HttpClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { argumentsOf } from "../flags.js"
import { openDocument, resourcesOf, summaryOf } from "../document.js"
import type { Io } from "../Io.js"
import { run } from "../run.js"
import { acceptedBy, textOfJson } from "../shapes.js"
import { oneLine } from "../text/visible.js"
import { writeCache } from "./cache.js"
import type { CompletionData, DocumentKey, FlagData } from "./CompletionData.js"

/** The time that a press of a key may take, from the first request to the network. */
const patience = "5 seconds"

/**
 * Opens a document, unless the network takes too long. Files are read to their end: on a slow machine, a limit would leave them without
 * completion each time.
 */
const open = (key: DocumentKey, io: Io) =>
  Effect.gen(function* () {
    const requested = yield* Deferred.make<void>()
    const client = HttpClient.tapRequest(yield* HttpClient.HttpClient, () => Deferred.succeed(requested, undefined))
    const opening = Effect.provideService(openDocument(key, io), HttpClient.HttpClient, client)
    return yield* Effect.raceFirst(
      opening,
      Deferred.await(requested).pipe(Effect.zipRight(Effect.sleep(patience)), Effect.zipRight(Effect.fail("too late")))
    )
  })

/** Descriptions are shown on one line. */
const describe = (text: string) => oneLine(text).slice(0, 120)

/** Reads a document for completion, and stores what completion needs. Returns undefined if it can't be read. */
export const loadCompletionData = async (key: DocumentKey, io: Io): Promise<CompletionData | undefined> => {
  try {
    const opened = await run(open(key, io), { io, warn: async () => {} })
    const data: CompletionData = {
      resources: resourcesOf(opened).map(({ name, operations, summary }) => ({
        resource: name,
        summary: describe(summary),
        methods: operations.map((named) => ({
          method: named.method,
          summary: describe(summaryOf(named)),
          flags: flagsOf(named)
        }))
      }))
    }
    await writeCache(key, io.env, opened.files, data)
    return data
  } catch {
    return undefined
  }
}

const flagsOf = ({ descriptor, operation }: Parameters<typeof summaryOf>[0]): ReadonlyArray<FlagData> => {
  const { flags, positional } = argumentsOf(descriptor(), operation)
  return flags.map((flag) => {
    const { items, types, values } = acceptedBy(flag.shape)
    const listed = values ?? (items === undefined ? undefined : acceptedBy(items).values)
    const isSwitch = types.has("boolean") && [...types].every((type) => type === "boolean" || type === "null")
    return {
      flag: flag.flag,
      description: describe(flag.description ?? ""),
      ...(listed !== undefined && { values: listed.slice(0, 200).map(textOfJson) }),
      ...(isSwitch && { switch: true, values: ["true", "false"] }),
      ...(positional.includes(flag) && { positional: true })
    }
  })
}
