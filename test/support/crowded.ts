import type { RetryBudget } from "effect-herald"

/** A budget whose calls are never alone: others begin all the time. */
export const crowded = (budget: RetryBudget.RetryBudget): RetryBudget.RetryBudget => ({
  ...budget,
  take: (now) => {
    budget.began(now)
    budget.began(now)
    return budget.take(now)
  }
})
