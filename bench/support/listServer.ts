/**
 * A server of lists of accounts, in a process of its own. `/PAGES/accounts?page=1&size=100&delay=20` is page 1 of a list of PAGES pages,
 * sent after 20 ms. Prints its base URL.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { makeAccount } from "./account.js"

/** The accounts of pages as JSON, which is made when a page is first requested. */
const data = new Map<string, Buffer>()

const dataOf = (page: number, size: number) => {
  const key = `${page}/${size}`
  const known = data.get(key)
  if (known !== undefined) return known
  const made = Buffer.from(JSON.stringify(Array.from({ length: size }, (_, index) => makeAccount(page * size + index))))
  data.set(key, made)
  return made
}

const server = createServer(({ url = "" }, response) => {
  const { pathname, searchParams } = new URL(url, "http://server")
  const [page, size, delay] = ["page", "size", "delay"].map((name) => Number(searchParams.get(name)))
  const body = Buffer.concat([
    Buffer.from(`{"page":${page},"pages":${pathname.split("/")[1]},"data":`),
    dataOf(page!, size!),
    Buffer.from("}")
  ])
  const send = () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length })
    response.end(body)
  }
  if (delay === 0) send()
  else setTimeout(send, delay)
})
server.keepAliveTimeout = 600_000
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
