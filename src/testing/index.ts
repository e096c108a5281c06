export * as Exchange from "./Exchange.js"
export * as Recording from "./Recording.js"
