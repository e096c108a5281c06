export type * as Document from "./Document.js"
export type * as Problem from "./Problem.js"
export type * as Convention from "./Convention.js"
export * as Overlay from "./Overlay.js"
