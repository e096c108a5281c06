import type * as Scheduler from "effect/Scheduler"

/** A scheduler that runs tasks when `next` is called, and has a fiber yield once, at the step of this number. */
export const yieldingAt = (step: number) => {
  const tasks: Array<() => void> = []
  let steps = 0
  const scheduler: Scheduler.Scheduler = {
    scheduleTask: (task) => {
      tasks.push(task)
    },
    shouldYield: () => ((steps += 1) === step ? 0 : false)
  }
  return {
    scheduler,
    steps: () => steps,
    next: () => tasks.shift()?.(),
    rest: () => tasks.splice(0).forEach((task) => task())
  }
}
