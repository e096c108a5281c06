/**
 * A process of its own, which disk.test.ts starts: it writes to the store in the folder at the first argument, under keys that
 * begin with the second, and under one that all write, until it is killed or told to stop. It says which of its own it has
 * written, in order, and at the end what it found that is not whole.
 */
import * as Effect from "effect/Effect"
import { CacheStore } from "effect-herald"
import * as CacheDisk from "effect-herald/cache-disk"
import { isWhole, make, type Said } from "./diskKit.js"

const [directory = "", name = ""] = process.argv.slice(2)

let stopped = false
process.on("message", () => {
  stopped = true
})

const say = (said: Said) => Effect.sync(() => process.send?.(said))

const program = Effect.gen(function* () {
  const store = yield* CacheStore.CacheStore
  let torn = 0
  yield* say({ ready: true })
  for (let index = 0; !stopped; index += 1) {
    const key = `${name} ${index}`
    yield* store.set(key, make(key, index))
    // Small ones are written over often, by everyone.
    yield* store.set("shared", make("shared", index % 7))
    const found = yield* store.get(["shared", key])
    if (found.some((one) => one !== undefined && !isWhole(one))) torn += 1
    yield* say({ written: index })
    if (index % 10 === 9) yield* Effect.promise(() => new Promise(setImmediate))
  }
  yield* say({ torn })
})

await Effect.runPromise(Effect.provide(program, CacheDisk.store({ directory })))
process.disconnect()
