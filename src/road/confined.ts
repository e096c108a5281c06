/** This very machine: RFC 6761, 6.3, and the loopback addresses of RFC 1122, 3.2.1.3, and RFC 4291, 2.5.3. */
const loopback = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Whether what goes there can be read on the way by nobody else: by https, or not leaving this machine. */
const isSecure = ({ hostname, protocol }: URL): boolean => protocol === "https:" || loopback.test(hostname)

/** The same, of what is asked by HTTP and nothing else. */
export const isSecureHttp = (url: URL): boolean =>
  (url.protocol === "https:" || url.protocol === "http:") && isSecure(url)

/** Whether credentials may go to where the API is. */
export const confined = ({
  baseUrl,
  insecure
}: {
  readonly baseUrl: URL
  readonly insecure?: boolean | undefined
}): boolean => insecure === true || isSecure(baseUrl)
