/** Returns a base URL as text without slashes at its end, so that a path can be appended. */
export const hrefOf = (baseUrl: URL): string => baseUrl.href.replace(/\/+$/, "")
