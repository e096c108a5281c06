export * as SqliteLogStore from "./SqliteLogStore.js"
