export * as EventStream from "./EventStream.js"
export * as JsonLines from "./JsonLines.js"
export * as JsonSequence from "./JsonSequence.js"
