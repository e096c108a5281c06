import * as Context from "effect/Context"
import type { Report } from "./Progress.js"

/** Reports the bytes of request bodies that are handed to the transport. Unset by default. */
export class UploadReport extends Context.Reference<UploadReport>()("effect-herald/UploadReport", {
  defaultValue: (): Report | undefined => undefined
}) {}
