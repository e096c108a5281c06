export * as DiskCache from "./DiskCache.js"
export * as FileTokenStore from "./FileTokenStore.js"
export * as Loopback from "./Loopback.js"
export * as Transport from "./Transport.js"
