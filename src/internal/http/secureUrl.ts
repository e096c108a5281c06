/**
 * Loopback hosts, as the URL parser writes them: 127.0.0.0/8 (RFC 1122, 3.2.1.3), ::1 (RFC 4291, 2.5.3), and `localhost`, which the
 * hosts file of a machine names.
 *
 * RFC 6761, 6.3 reserves the names below `localhost`, too. But it asks resolvers for that, and many send them to DNS, whose response
 * may be any machine: browsers alone resolve them by themselves.
 */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Returns true if requests to this URL can't be read on the network: https, or a loopback host. */
const isSecure = ({ hostname, protocol }: URL): boolean => protocol === "https:" || loopback.test(hostname)

/** Returns true for https URLs, and for http URLs with a loopback host. */
export const isSecureHttp = (url: URL): boolean =>
  (url.protocol === "https:" || url.protocol === "http:") && isSecure(url)

/** Returns true if credentials may be sent to this base URL: it is secure, or `insecure` is set. */
export const allowsCredentials = ({
  baseUrl,
  insecure
}: {
  readonly baseUrl: URL
  readonly insecure?: boolean | undefined
}): boolean => insecure === true || isSecure(baseUrl)

/** The advice where `allowsCredentials` returns false. */
export const insecureMessage =
  "credentials are sent over https or to loopback only: use an https base URL, or set `insecure`"
