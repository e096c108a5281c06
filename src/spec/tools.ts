export * as Diff from "./Diff.js"
export * as Generator from "./Generator.js"
export * as Learn from "./Learn.js"
export * as Markdown from "./Markdown.js"
