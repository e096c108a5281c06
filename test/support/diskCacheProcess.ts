/**
 * A process that DiskCache.test.ts starts. It writes to the store in the directory of the first argument until it is killed or
 * receives a message: to keys that begin with the second argument, and to a key that all processes write. It reports each of
 * its own keys after the write, and at the end the number of incomplete values that it read.
 */
import * as Effect from "effect/Effect"
import { CacheStore } from "effect-herald"
import { DiskCache } from "effect-herald/node"
import { isComplete, makeValue, type Message } from "./diskCache.js"

const [directory = "", name = ""] = process.argv.slice(2)

let stopped = false
process.on("message", () => {
  stopped = true
})

const report = (message: Message) => Effect.sync(() => process.send?.(message))

const program = Effect.gen(function* () {
  const store = yield* CacheStore.CacheStore
  let incomplete = 0
  yield* report({ ready: true })
  for (let index = 0; !stopped; index += 1) {
    const key = `${name} ${index}`
    yield* store.set(key, makeValue(key, index))
    // All processes overwrite the same few small values.
    yield* store.set("shared", makeValue("shared", index % 7))
    const found = yield* store.get(["shared", key])
    if (found.some((value) => value !== undefined && !isComplete(value))) incomplete += 1
    yield* report({ written: index })
    if (index % 10 === 9) yield* Effect.promise(() => new Promise(setImmediate))
  }
  yield* report({ incomplete })
})

await Effect.runPromise(Effect.provide(program, DiskCache.store({ directory })))
process.disconnect()
