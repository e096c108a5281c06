import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type { LogRecord } from "./LogRecord.js"
import type { LogStore, StoredRecord } from "./LogStore.js"
import type { Stats } from "./Stats.js"
import { makeDeque } from "./deque.js"
import { completed, type Draft, emptySize } from "./makeRecord.js"
import type { Outage } from "./outage.js"
import { messageOf } from "../messageOf.js"

/** A record in memory that waits. */
interface Waiting {
  readonly draft: Draft
  /** Its approximate size, in characters. */
  readonly size: number
}

/** A record that is being sent. */
export interface Entry {
  readonly record: LogRecord
  /** Its position in the store. Undefined in memory. */
  readonly position: number | undefined
}

export interface BacklogOptions {
  readonly capacity: number
  readonly whenFull: "drop-oldest" | "drop-newest" | "wait"
  readonly now: () => number
  readonly outage: Outage
  /** Called when there is room for this number of records. */
  readonly onRoom: (room: number) => void
}

/** The records that wait, in order, and their counts. */
export interface Backlog {
  /** Accepts a record. If the queue is full and the policy is to wait, `hold` reports whether the fiber can be held. */
  readonly offer: (draft: Draft, size: number, hold: () => boolean) => void
  /** Takes the first records. They count as queued until they are settled. */
  readonly take: (count: number, bytes: number | undefined) => ReadonlyArray<Entry>
  /** Counts the number of records that failed, and the others as shipped, and removes them from the store. */
  readonly settle: (entries: ReadonlyArray<Entry>, failures: number) => void
  /** Calls a function once there are this many records or characters, or records that are flushed. Returns a function that forgets it. */
  readonly onReady: (count: number, characters: number, wake: () => void) => () => void
  /** Calls a function once all records that were accepted before are settled. Returns a function that forgets it. */
  readonly onFlushed: (flushed: () => void) => () => void
  /** The time of the first record that waits. */
  readonly firstTime: () => number | undefined
  /** Uses a store from now on. The records found in it come first. */
  readonly attach: (store: LogStore) => void
  /** Uses the store no more. The records in it stay, and count as queued. */
  readonly detach: () => void
  readonly isFull: () => boolean
  readonly stats: () => Stats
  /** The records that wait, without those that are being sent. */
  readonly waiting: () => number
  /** The records that are queued and in the store, where the next process finds them. */
  readonly kept: () => number
  /** Ignores all records that come later. */
  readonly close: () => void
}

/** The most characters of the records in memory that wait. */
const mostCharacters = 67_108_864

const storedOf = (entries: ReadonlyArray<Entry>) => Arr.filter(entries, ({ position }) => position !== undefined).length

const parseRecord = (text: string): LogRecord | undefined => {
  try {
    // Only this module's records are in the store.
    const record = JSON.parse(text) as LogRecord | null
    return typeof record?.message === "string" && Number.isFinite(record.time) ? record : undefined
  } catch {
    return undefined
  }
}

const byteLength = (text: string) => new TextEncoder().encode(text).length

export const makeBacklog = ({ capacity, now, onRoom, outage, whenFull }: BacklogOptions): Backlog => {
  const memory = makeDeque<Waiting>()
  let characters = 0
  let store: LogStore | undefined
  /** The records in the store that wait. */
  let stored = 0
  /** Those of them that a former process has left. They are the first ones, and their sizes are not known. */
  let found = 0
  /** The characters of the others. */
  let storedCharacters = 0
  /** The position of the last record in the store that was taken or dropped. */
  let cursor = -1
  let accepted = 0
  let shipped = 0
  let dropped = 0
  let failed = 0
  /** The dropped records that no record reports yet. */
  let unreported = 0
  let inFlight = 0
  /** Those of them that are in the store. */
  let inFlightStored = 0
  /** The records in a store that is used no more. */
  let detached = 0
  let isClosed = false
  /** The number of records that were queued, and of those that left the front. Their difference are those that wait. */
  let queued = 0
  let left = 0
  /** The value of `left` before the records in flight. */
  let inFlightFrom = 0
  let flushedUntil = 0
  let waker: { readonly count: number; readonly characters: number; readonly wake: () => void } | undefined
  let flushes: ReadonlyArray<{ readonly until: number; readonly flushed: () => void }> = []

  const waiting = () => stored + memory.size()
  const isFull = () => waiting() >= capacity || characters >= mostCharacters

  const wakeIfReady = () => {
    if (waker === undefined) return
    const isUrgent = flushedUntil > left && waiting() > 0
    if (isUrgent || waiting() >= waker.count || characters + storedCharacters >= waker.characters) {
      const { wake } = waker
      waker = undefined
      wake()
    }
  }

  const checkFlushes = () => {
    if (flushes.length === 0) return
    const done = inFlight > 0 ? inFlightFrom : left
    const [waitingFlushes, ended] = Arr.partition(flushes, ({ until }) => until <= done)
    flushes = waitingFlushes
    for (const { flushed } of ended) flushed()
  }

  const forgetStore = () => {
    store = undefined
    stored = 0
    found = 0
    storedCharacters = 0
  }

  /** Gives up the store, whose records stay for the next start. */
  const loseStore = (error: unknown) => {
    const lost = stored
    failed += lost
    left += lost
    forgetStore()
    outage.report(lost, () => `the store of log records failed, and is not used any more: ${messageOf(error)}.`)
    checkFlushes()
  }

  const withStore = <A>(use: (store: LogStore) => A): A | undefined => {
    if (store === undefined) return undefined
    try {
      return use(store)
    } catch (error) {
      loseStore(error)
      return undefined
    }
  }

  /** Appends to the store, except while records in memory are older. */
  const append = (draft: Draft): boolean => {
    if (store === undefined || memory.size() > 0) return false
    try {
      const text = JSON.stringify(completed(draft))
      store.append(text)
      stored += 1
      storedCharacters += text.length
      return true
    } catch (error) {
      outage.report(0, () => `the store takes no log records, which stay in memory: ${messageOf(error)}.`)
      return false
    }
  }

  const push = (draft: Draft, size: number) => {
    queued += 1
    if (append(draft)) return
    characters += size
    memory.push({ draft, size })
  }

  const shiftMemory = (): Waiting | undefined => {
    const entry = memory.shift()
    if (entry !== undefined) characters -= entry.size
    return entry
  }

  const readStore = (limit: number) => (stored === 0 ? undefined : withStore(({ read }) => read(cursor, limit))) ?? []

  /** Notes that the first record of the store that waits is taken or removed. */
  const passStored = ({ position, text }: StoredRecord) => {
    cursor = position
    stored -= 1
    if (found > 0) found -= 1
    else storedCharacters -= text.length
  }

  /** Removes the first record of the store that waits. False if the store failed, which lost it. */
  const removeStored = (record: StoredRecord): boolean => {
    withStore(({ remove }) => remove(record.position))
    if (store === undefined) return false
    passStored(record)
    return true
  }

  const countDrop = () => {
    dropped += 1
    unreported += 1
    outage.report(
      1,
      () => `log records are dropped: ${capacity} wait already. The number is logged once there is room.`
    )
  }

  const dropOldest = (): boolean => {
    const [first] = readStore(1)
    if (first !== undefined) {
      // A store that fails loses the record, too, which counts as failed then.
      if (!removeStored(first)) return true
    } else if (shiftMemory() === undefined) return false
    left += 1
    countDrop()
    return true
  }

  /** Makes the record that takes the place of the dropped ones. */
  const reportOfDrops = (): Draft => {
    const count = unreported
    unreported = 0
    accepted += 1
    return {
      time: now(),
      level: "Warning",
      parts: [`${count} log records were dropped: the queue was full`],
      fiber: "log-shipper",
      spans: {},
      annotations: { "effect-herald.log.dropped": count }
    }
  }

  /** Puts the report at the end of the queue, after which the dropped records would have come. */
  const queueReport = () => {
    if (unreported > 0 && whenFull !== "drop-oldest" && !isFull()) push(reportOfDrops(), emptySize)
  }

  /** Removes a text from the store that is no record. */
  const dropUnreadable = (stored: StoredRecord) => {
    if (!removeStored(stored)) return
    left += 1
    failed += 1
    outage.report(1, () => "a record in the store is not readable, and is removed.")
  }

  /** Moves records from the store to a batch, until it has no room. Returns whether it has. */
  const takeStored = (count: number, add: (entry: Entry, bytes: () => number) => boolean): boolean => {
    const read = readStore(count)
    if (read.length === 0 && stored > 0) loseStore("it has fewer records than it counted")
    for (const one of read) {
      const record = parseRecord(one.text)
      if (store === undefined) return true
      if (record === undefined) dropUnreadable(one)
      else {
        if (!add({ record, position: one.position }, () => byteLength(one.text))) return false
        passStored(one)
        left += 1
      }
    }
    return true
  }

  return {
    offer: (draft, size, hold) => {
      if (isClosed) return
      accepted += 1
      if (isFull()) {
        if (whenFull === "drop-oldest") {
          while (isFull() && dropOldest());
        } else if (whenFull === "drop-newest" || !hold()) {
          countDrop()
          return
        }
      }
      queueReport()
      push(draft, size)
      wakeIfReady()
    },
    take: (count, bytes) => {
      inFlightFrom = left
      const entries: Array<Entry> = []
      let room = bytes ?? 0
      const add = (entry: Entry, size: () => number): boolean => {
        if (entries.length >= count) return false
        if (bytes !== undefined) {
          // One byte for the comma between records.
          const needed = size() + 1
          // A record that is larger than a batch is sent by itself.
          if (needed > room && entries.length > 0) return false
          room -= needed
        }
        entries.push(entry)
        return true
      }
      const addReport = () => {
        const record = completed(reportOfDrops())
        add({ record, position: undefined }, () => byteLength(JSON.stringify(record)))
      }
      if (unreported > 0 && whenFull === "drop-oldest") addReport()
      let hasRoom = true
      while (hasRoom && waiting() > 0 && entries.length < count) {
        if (stored > 0) hasRoom = takeStored(count - entries.length, add)
        else {
          const first = memory.peek()
          if (first === undefined) break
          const record = completed(first.draft)
          hasRoom = add({ record, position: undefined }, () => byteLength(JSON.stringify(record)))
          if (hasRoom) {
            shiftMemory()
            left += 1
          }
        }
      }
      queueReport()
      inFlight += entries.length
      inFlightStored += storedOf(entries)
      if (!isFull()) onRoom(capacity - waiting())
      return entries
    },
    settle: (entries, failures) => {
      inFlight -= entries.length
      inFlightStored -= storedOf(entries)
      shipped += entries.length - failures
      failed += failures
      const last = Option.getOrUndefined(Arr.findLast(entries, ({ position }) => position !== undefined))?.position
      if (last !== undefined) withStore(({ removeThrough }) => removeThrough(last))
      checkFlushes()
    },
    onReady: (count, most, wake) => {
      const own = { count, characters: most, wake }
      waker = own
      wakeIfReady()
      return () => {
        if (waker === own) waker = undefined
      }
    },
    onFlushed: (flushed) => {
      queueReport()
      flushedUntil = queued
      const own = { until: queued, flushed }
      flushes = [...flushes, own]
      checkFlushes()
      wakeIfReady()
      return () => {
        flushes = flushes.filter((flush) => flush !== own)
      }
    },
    firstTime: () => {
      if (stored === 0) return memory.peek()?.draft.time
      const [first] = readStore(1)
      return first === undefined ? memory.peek()?.draft.time : (parseRecord(first.text)?.time ?? 0)
    },
    attach: (attached) => {
      const size = (() => {
        try {
          return attached.size()
        } catch (error) {
          outage.report(0, () => `the store of log records failed, and is not used: ${messageOf(error)}.`)
          return undefined
        }
      })()
      if (size === undefined) return
      store = attached
      stored = size
      found = size
      accepted += size
      queued += size
      const early: Array<Waiting> = []
      for (let entry = shiftMemory(); entry !== undefined; entry = shiftMemory()) early.push(entry)
      queued -= early.length
      for (const { draft, size } of early) push(draft, size)
      wakeIfReady()
    },
    detach: () => {
      detached += stored
      forgetStore()
    },
    isFull,
    waiting,
    kept: () => stored + detached + inFlightStored,
    stats: () => ({ accepted, shipped, dropped, failed, queued: waiting() + detached + inFlight }),
    close: () => {
      isClosed = true
    }
  }
}
