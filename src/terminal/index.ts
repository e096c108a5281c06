export * as Terminal from "./Terminal.js"
