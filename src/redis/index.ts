export * as RedisCache from "./RedisCache.js"
export * as RedisTokenStore from "./RedisTokenStore.js"
