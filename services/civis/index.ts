export { retryPolicy } from "./retryPolicy.js"
