export * as Calls from "./Calls.js"
export * as TestApi from "./TestApi.js"
