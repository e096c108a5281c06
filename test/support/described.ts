import type { HttpClient } from "@effect/platform/HttpClient"
import type { CallError, EncodeError, Operation } from "effect-herald"
import * as Descriptor from "effect-herald/descriptor"
import { Caller } from "./kit.js"

/** An operation of a descriptor, whose parts have defaults. */
export const described = (
  descriptor: Partial<Descriptor.Descriptor>
): Operation.Operation<ReadonlyArray<unknown>, unknown, CallError | EncodeError, HttpClient | Caller> =>
  Descriptor.operation(Caller, () => ({ method: "GET", name: "described", path: "/x", responses: {}, ...descriptor }))
