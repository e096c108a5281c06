export * as Calls from "./Calls.js"
export * as Faults from "./Faults.js"
export * as TestApi from "./TestApi.js"
