import * as Cause from "effect/Cause"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import type { Scheduler, Task } from "effect/Scheduler"

/** The time after which held fibers are let run for one step, in milliseconds. An interruption reaches them then. */
const checkAfter = 50

/** A fiber that logged into a full queue. */
interface Held {
  /**
   * - `marked`: the fiber has logged, and has to yield before its next operation
   * - `yielding`: it was told to
   * - `parked`: its task is not scheduled
   * - `stepping`: its task runs, to let an interruption in
   */
  state: "marked" | "yielding" | "parked" | "stepping"
  schedule: (() => void) | undefined
}

/**
 * Holds the fibers that log into a full queue. `Logger.log` is synchronous, so a logger can't wait. The scheduler can: it makes the fiber
 * yield before its next operation, and schedules it when there is room.
 */
export interface Holding {
  /** The scheduler of fibers that can be held. */
  readonly scheduler: Scheduler
  /** Marks the fiber of a log call. False if it can't be held: it has another scheduler, or is being interrupted. */
  readonly hold: (fiberId: FiberId.FiberId, context: FiberRefs.FiberRefs) => boolean
  /** Lets this number of fibers run, in the order in which they were held. */
  readonly release: (count: number) => void
}

/**
 * Makes the scheduler that holds fibers.
 *
 * - `inner`: the program's scheduler
 * - `mayHold`: whether fibers are held now. They are let run once it is false
 */
export const makeHolding = (inner: Scheduler, mayHold: () => boolean): Holding => {
  const held = new Map<FiberId.FiberId, Held>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const isInterrupted = (cause: Cause.Cause<never>) => !Cause.isEmpty(cause)

  const check = () => {
    timer = undefined
    if (!mayHold()) return release(Number.POSITIVE_INFINITY)
    for (const one of held.values()) {
      if (one.state !== "parked") continue
      one.state = "stepping"
      one.schedule?.()
    }
    startTimer()
  }
  const startTimer = () => {
    if (timer === undefined && held.size > 0) timer = setTimeout(check, checkAfter)
  }
  const stopTimer = () => {
    if (held.size > 0 || timer === undefined) return
    clearTimeout(timer)
    timer = undefined
  }

  const release = (count: number) => {
    let rest = count
    for (const [id, one] of held) {
      if (rest <= 0) break
      rest -= 1
      held.delete(id)
      if (one.state === "parked") one.schedule?.()
    }
    stopTimer()
  }

  const scheduler: Scheduler = {
    shouldYield: (fiber) => {
      const one = held.size === 0 ? undefined : held.get(fiber.id())
      if (one === undefined) return inner.shouldYield(fiber)
      if (one.state === "stepping") {
        // This operation ends the yield. The fiber yields again before the next one, so its stack does not grow.
        one.state = "marked"
        return false
      }
      // A fiber that is told to yield and goes on does not yield at all.
      if (one.state === "yielding" || !mayHold() || isInterrupted(fiber.getFiberRef(FiberRef.interruptedCause))) {
        held.delete(fiber.id())
        stopTimer()
        return inner.shouldYield(fiber)
      }
      one.state = "yielding"
      return fiber.getFiberRef(FiberRef.currentSchedulingPriority)
    },
    scheduleTask: (task: Task, priority, fiber) => {
      const one = fiber === undefined || held.size === 0 ? undefined : held.get(fiber.id())
      if (one?.state !== "yielding") return inner.scheduleTask(task, priority, fiber)
      one.state = "parked"
      one.schedule = () => inner.scheduleTask(task, priority, fiber)
      startTimer()
    }
  }

  return {
    scheduler,
    hold: (fiberId, context) => {
      if (
        !mayHold() ||
        FiberRefs.getOrDefault(context, FiberRef.currentScheduler) !== scheduler ||
        isInterrupted(FiberRefs.getOrDefault(context, FiberRef.interruptedCause))
      ) {
        return false
      }
      if (!held.has(fiberId)) held.set(fiberId, { state: "marked", schedule: undefined })
      return true
    },
    release
  }
}
