import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/**
 * Whether a fiber ships records, or was started by one that does. One for all shippers of a process: if two of them shipped each other's
 * records, there would be no end. A fiber that joins another does not become one.
 */
export const isShipping = (): FiberRef.FiberRef<boolean> =>
  globalValue(Symbol.for("effect-herald/log/isShipping"), () =>
    FiberRef.unsafeMake(false, { join: (parent) => parent })
  )
