import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { loadCompletionData } from "../../../cli/src/completion/load.js"
import type { Io } from "../../../cli/src/Io.js"
import { make, silence } from "../../servers/scripted.js"
import { directory, file, petsDocument } from "../support.js"

/** The data of a document, while an hour passes with each turn of the event loop, once `begun`. */
const dataOf = (spec: string, home: string, begun: () => boolean = () => true) =>
  Effect.promise(async () => {
    const output = { write: async () => {}, isTerminal: false, columns: undefined }
    const io: Io = {
      env: { HOME: home },
      stdin: (async function* () {})(),
      stdout: output,
      stderr: output,
      signal: new AbortController().signal
    }
    vi.useFakeTimers({ toFake: ["setTimeout"] })
    try {
      let loading = true
      const data = loadCompletionData({ spec, overlays: [], convention: undefined }, io).finally(() => {
        loading = false
      })
      while (loading) {
        await new Promise(setImmediate)
        await vi.advanceTimersByTimeAsync(begun() ? 3_600_000 : 0)
      }
      return await data
    } finally {
      vi.useRealTimers()
    }
  })

describe("the data for completion", () => {
  it.scopedLive("is read from a file, however long that takes", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const data = yield* dataOf(file(folder, "pets.json", petsDocument), folder)
      expect(data?.resources.map(({ resource }) => resource)).toContain("pets")
    })
  )

  it.scopedLive("is none where the network takes too long", () =>
    Effect.gen(function* () {
      const server = yield* make([silence])
      const received = () => server.requests.length === 1
      expect(yield* dataOf(server.url.href, yield* directory, received)).toBeUndefined()
      yield* server.abandoned
    })
  )
})
