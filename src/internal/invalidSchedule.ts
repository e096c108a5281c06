import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"

/** The initial state of a schedule whose options are invalid. Combined schedules have the states of their parts in arrays. */
class Invalid {
  constructor(readonly message: string) {}
}

/** Makes a schedule that ends at once. The layer of an API whose policy has it fails with the message. */
export const invalidSchedule = <Out>(message: string, out: Out): Schedule.Schedule<Out> =>
  Schedule.makeWithState(new Invalid(message), (_now, _input, state) =>
    Effect.succeed([state, out, ScheduleDecision.done])
  )

const find = (state: unknown): string | undefined => {
  if (state instanceof Invalid) return state.message
  return Array.isArray(state) ? state.map(find).find((message) => message !== undefined) : undefined
}

/** Returns the message of the first `invalidSchedule` that a schedule is made of. */
export const problemOf = ({ initial }: Schedule.Schedule<unknown, never>): string | undefined => find(initial)
