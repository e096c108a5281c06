/** A base URL as text that a path can be appended to: without slashes at its end. */
export const hrefOf = (baseUrl: URL): string => baseUrl.href.replace(/\/+$/, "")
