export * as RecordedFile from "./RecordedFile.js"
