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

/** A client of the table. */
export interface Client extends Contender {
  /** What checks the types of its responses. Empty for a client that checks none. */
  readonly checks: "" | "Schema" | "zod"
}

export const peers = (baseUrl: string): ReadonlyArray<Client> => {
  const peer = (
    name: string,
    checks: Client["checks"],
    once: (url: string) => Promise<unknown>,
    end?: () => Promise<void>
  ) => ({
    ...fromPromise(name, () => once(`${baseUrl}/accounts/${nextId()}`), end),
    checks
  })
  const undici = () => {
    const agent = new Agent()
    return { agent, end: () => agent.destroy() }
  }
  const node = () => {
    const agent = new HttpAgent({ keepAlive: true })
    return {
      agent,
      end: () => {
        agent.destroy()
        return Promise.resolve()
      }
    }
  }
  const raw = undici()
  const dispatch = undici()
  const withSchema = undici()
  const http = node()
  const ofAxios = node()
  const ofGot = node()
  const decode = Schema.decodeUnknownSync(AccountSchema)
  const axiosClient = axios.create({ httpAgent: ofAxios.agent })
  const gotClient = got.extend({ agent: { http: ofGot.agent } })
  const openapi = createClient<Paths>({ baseUrl })
  const openapiData = async () => {
    const { data, error } = await openapi.GET("/accounts/{id}", { params: { path: { id: nextId() } } })
    if (data === undefined) throw new Error("the request failed", { cause: error })
    return data
  }
  return [
    peer("undici request + JSON.parse", "", (url) => jsonOf(raw.agent, url), raw.end),
    {
      ...fromPromise(
        "undici dispatch",
        () => dispatched(dispatch.agent, baseUrl, `/accounts/${nextId()}`),
        dispatch.end
      ),
      checks: ""
    },
    peer(
      "undici request + Schema",
      "Schema",
      async (url) => decode(await jsonOf(withSchema.agent, url)),
      withSchema.end
    ),
    peer("node:http", "", (url) => nodeHttp(http.agent, url), http.end),
    peer("fetch", "", async (url) => (await fetch(url)).json()),
    peer("axios", "", async (url) => (await axiosClient.get<unknown>(url)).data, ofAxios.end),
    peer("axios + zod", "zod", async (url) => accountZod.parse((await axiosClient.get<unknown>(url)).data)),
    peer("got", "", (url) => gotClient(url).json(), ofGot.end),
    peer("ky", "", (url) => ky(url).json()),
    peer("ky + zod", "zod", async (url) => accountZod.parse(await ky(url).json())),
    peer("ofetch", "", (url) => ofetch(url)),
    { ...fromPromise("openapi-fetch", openapiData), checks: "" },
    { ...fromPromise("openapi-fetch + zod", async () => accountZod.parse(await openapiData())), checks: "zod" }
  ]
}

/** Clients with retries. Each gets an account whose first request fails. */
export const retryingPeers = (baseUrl: string): ReadonlyArray<Contender> => {
  const url = () => `${baseUrl}/flaky/${nextId()}`
  const agent = new HttpAgent({ keepAlive: true })
  const gotClient = got.extend({ agent: { http: agent }, retry: { limit: 2, backoffLimit: 1, noise: 0 } })
  return [
    fromPromise(
      "got",
      () => gotClient(url()).json(),
      () => {
        agent.destroy()
        return Promise.resolve()
      }
    ),
    fromPromise("ky", () => ky(url(), { retry: { limit: 2, delay: () => 1 } }).json())
  ]
}
