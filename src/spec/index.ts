export * as Convention from "./Convention.js"
export type * as Document from "./Document.js"
export * as Names from "./Names.js"
export type * as Problem from "./Problem.js"
