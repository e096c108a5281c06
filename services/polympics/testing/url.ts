import * as Either from "effect/Either"
import { encodeHost, storedUrl, strip } from "../../../schemas/polympics/callbackUrl.js"
import { invalid, type Reader, text } from "./validation.js"

/** The parts of a URL, as pydantic 1 parses it. It matches the longest prefix that is a URL. */
const parts = new RegExp(
  [
    /^(?:(?<scheme>[a-z][a-z0-9+\-.]+):\/\/)?/,
    /(?:[^\s:/]*(?::[^\s/]*)?@)?/,
    /(?:(?<ipv4>(?:\d{1,3}\.){3}\d{1,3})(?=$|[/:#?])|(?<ipv6>\[[A-F0-9]*:[A-F0-9:]+\])(?=$|[/:#?])|(?<domain>[^\s/:?#]+))?/,
    /(?::(?<port>\d+))?/,
    /(?:\/[^\s?#]*)?/,
    /(?:\?[^\s#]*)?/,
    /(?:#\S*)?/
  ]
    .map(({ source }) => source)
    .join(""),
  "iu"
)

const chunk = "[_0-9a-z\\u{80}-\\u{40000}](?:[-_0-9a-z\\u{80}-\\u{40000}]{0,61}[_0-9a-z\\u{80}-\\u{40000}])?"
const withTopLevel = () => new RegExp(`^(?:${chunk}\\.)+(?:\\p{L}{2,63}|xn--[_0-9a-z-]{2,63})\\.?$`, "iu")
const anyDomain = () => new RegExp(`^(?:${chunk}\\.)*${chunk}\\.?$`, "iu")

/**
 * Reads an http or https URL whose host is an IP address or has a top-level domain. `localhost` has none. An international host is
 * returned in punycode.
 */
export const httpUrl: Reader<string> = (value, loc) =>
  Either.flatMap(text(value, loc), (given) => {
    const url = strip(given)
    const limit = (limit_value: number) => ({ limit_value })
    if (url === "") {
      return invalid(loc, "ensure this value has at least 1 characters", "value_error.any_str.min_length", limit(1))
    }
    if ([...url].length > 2083) {
      return invalid(
        loc,
        "ensure this value has at most 2083 characters",
        "value_error.any_str.max_length",
        limit(2083)
      )
    }
    const match = parts.exec(url)
    const { domain, ipv4, ipv6, port, scheme } = match?.groups ?? {}
    if (scheme === undefined) return invalid(loc, "invalid or missing URL scheme", "value_error.url.scheme")
    if (!/^https?$/i.test(scheme)) {
      const ctx = { allowed_schemes: ["http", "https"] }
      return invalid(loc, "URL scheme not permitted", "value_error.url.scheme", ctx)
    }
    if (port !== undefined && Number(port) > 65535) {
      return invalid(loc, "URL port invalid, port cannot exceed 65535", "value_error.url.port")
    }
    const extra = url.slice(match?.[0].length ?? 0)
    if (extra !== "") {
      const sentence = `URL invalid, extra characters found after valid URL: '${extra}'`
      return invalid(loc, sentence, "value_error.url.extra", { extra })
    }
    if (ipv4 !== undefined || ipv6 !== undefined) return Either.right(url)
    if (domain === undefined || !anyDomain().test(domain))
      return invalid(loc, "URL host invalid", "value_error.url.host")
    if (!withTopLevel().test(domain)) {
      return invalid(loc, "URL host invalid, top level domain required", "value_error.url.host")
    }
    if (encodeHost(domain) === undefined) {
      const sentence = "encoding with 'idna' codec failed (UnicodeError: label empty or too long)"
      return invalid(loc, sentence, "value_error.unicode")
    }
    return Either.right(storedUrl(url))
  })
