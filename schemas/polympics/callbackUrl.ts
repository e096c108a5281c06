/** The characters that end a label of a host (RFC 3490, 3.1). */
const dots = /[.\u3002\uff0e\uff61]/

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/**
 * Encodes a label of a host in ASCII by the rules of 2003 (RFC 3490), as the server does; undefined if it can't be encoded. `URL`
 * has the rules of 2008, which differ in `ß`, `ς` and two invisible characters.
 */
const encodeLabel = (label: string): string | undefined => {
  if (isAscii(label)) return label
  const mapped = label
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ")
    .replace(/[\u200c\u200d]/g, "")
  // With a second label, since a host of digits would be read as an IPv4 address.
  const url = `http://${mapped}.a`
  // `URL.canParse` of Node 20 is wrong for characters of Latin-1 once it was called some thousand times.
  try {
    return new URL(url).hostname.slice(0, -2)
  } catch {
    return undefined
  }
}

/** Encodes an international host in punycode; undefined if it can't be encoded. Other hosts are returned as they are. */
export const encodeHost = (host: string): string | undefined => {
  if (isAscii(host)) return host
  const labels = host.split(dots).map(encodeLabel)
  const last = labels.length - 1
  return labels.every((label, index) => label !== undefined && label.length < 64 && (label !== "" || index === last))
    ? labels.join(".")
    : undefined
}

/** Removes white space from both ends, as Python's `strip` does: also the separators U+001C to U+001F and U+0085, but not U+FEFF. */
export const strip = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- they are separators in Python.
  text.replace(/^(?:(?!\ufeff)[\s\x1c-\x1f\x85])+|(?:(?!\ufeff)[\s\x1c-\x1f\x85])+$/g, "")

/**
 * Returns the URL of a callback as the server stores it: without spaces around it, and with an international host in punycode. The
 * rest is stored as given.
 */
export const storedUrl = (url: string): string => {
  const trimmed = strip(url)
  const [, start = "", host = "", end = ""] = /^([^:/]+:\/\/(?:[^\s/]*@)?)([^\s/:?#]+)(.*)$/s.exec(trimmed) ?? []
  const encoded = encodeHost(host)
  return host === "" || encoded === undefined ? trimmed : start + encoded + end
}
