/** Clients that are not Effect's. Each gets an account. */
import axios from "axios"
import got from "got"
import ky from "ky"
import { Agent as HttpAgent, request as httpRequest } from "node:http"
import { ofetch } from "ofetch"
import createClient from "openapi-fetch"
import * as Schema from "effect/Schema"
import { Agent, type Dispatcher, request } from "undici"
import { type Account, AccountSchema, accountZod } from "./account.js"
import { nextId } from "./ids.js"
import { type Contender, fromPromise } from "./slices.js"

/** The paths of the server, as openapi-typescript would write them. */
interface Paths {
  "/accounts/{id}": {
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { "application/json": Account } } }
    }
  }
}

const jsonOf = async (dispatcher: Dispatcher, url: string): Promise<unknown> => {
  const { body } = await request(url, { dispatcher })
  return JSON.parse(await body.text())
}

/** A GET by undici's `dispatch`, without headers of the response, streams and `AbortSignal`s. */
const dispatched = (dispatcher: Dispatcher, origin: string, path: string) =>
  new Promise<unknown>((resolve, reject) => {
    const chunks: Array<Buffer> = []
    dispatcher.dispatch(
      { origin, path, method: "GET" },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_, chunk) => {
          chunks.push(chunk)
        },
        onResponseEnd: () => resolve(JSON.parse(String(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))),
        onResponseError: (_, error) => reject(error)
      }
    )
  })

const nodeHttp = (agent: HttpAgent, url: string) =>
  new Promise<unknown>((resolve, reject) => {
    httpRequest(url, { agent }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => (text += part))
      response.on("end", () => resolve(JSON.parse(text)))
      response.on("error", reject)
    })
      .on("error", reject)
      .end()
  })

const keepAlive = () => new HttpAgent({ keepAlive: true })

/** The clients that are not Effect's. The first is the reference. */
export const peers = (baseUrl: string): ReadonlyArray<Contender> => {
  const peer = (name: string, get: (url: string) => Promise<unknown>, checks?: Contender["checks"]) =>
    fromPromise(name, () => get(`${baseUrl}/accounts/${nextId()}`), checks)
  const agents = { request: new Agent(), dispatch: new Agent(), schema: new Agent(), http: keepAlive() }
  const decode = Schema.decodeUnknownSync(AccountSchema)
  const axiosClient = axios.create({ httpAgent: keepAlive() })
  const gotClient = got.extend({ agent: { http: keepAlive() } })
  const openapi = createClient<Paths>({ baseUrl })
  const openapiData = async () => {
    const { data, error } = await openapi.GET("/accounts/{id}", { params: { path: { id: nextId() } } })
    if (data === undefined) throw new Error("the request failed", { cause: error })
    return data
  }
  return [
    peer("undici request", (url) => jsonOf(agents.request, url)),
    fromPromise("undici dispatch", () => dispatched(agents.dispatch, baseUrl, `/accounts/${nextId()}`)),
    peer("undici request + Schema", async (url) => decode(await jsonOf(agents.schema, url)), "Schema"),
    peer("node:http", (url) => nodeHttp(agents.http, url)),
    peer("fetch", async (url) => (await fetch(url)).json()),
    peer("axios", async (url) => (await axiosClient.get<unknown>(url)).data),
    peer("axios + zod", async (url) => accountZod.parse((await axiosClient.get<unknown>(url)).data), "zod"),
    peer("got", (url) => gotClient(url).json()),
    peer("ky", (url) => ky(url).json()),
    peer("ky + zod", async (url) => accountZod.parse(await ky(url).json()), "zod"),
    peer("ofetch", (url) => ofetch(url)),
    fromPromise("openapi-fetch", openapiData),
    fromPromise("openapi-fetch + zod", async () => accountZod.parse(await openapiData()), "zod")
  ]
}

/** Clients with retries. Each gets an account whose first request fails. */
export const retryingPeers = (baseUrl: string): ReadonlyArray<Contender> => {
  const url = () => `${baseUrl}/flaky/${nextId()}`
  const gotClient = got.extend({ agent: { http: keepAlive() }, retry: { limit: 2, backoffLimit: 1, noise: 0 } })
  return [
    fromPromise("got", () => gotClient(url()).json()),
    fromPromise("ky", () => ky(url(), { retry: { limit: 2, delay: () => 1 } }).json())
  ]
}
