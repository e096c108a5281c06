export * as PolicyDiagram from "./PolicyDiagram.js"
export * as Timeline from "./Timeline.js"
