import { isSecure } from "../road/confined.js"

/** Whether what goes there can't be read on its way, nor is anything but HTTP. */
export const isSafe = (url: URL): boolean => (url.protocol === "https:" || url.protocol === "http:") && isSecure(url)
