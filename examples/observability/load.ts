/** The load on the backend: a bounded number of requests, at a steady rate. */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Array, Effect, Function, Redacted, Schedule, Stream } from "effect"

/** The token of the backend's own client, which no exported payload may contain. */
export const clientToken = Redacted.make("token-of-the-client-of-the-backend")

const cities = ["Oslo", "Bergen", "Reykjavík"]

/** Returns a request of the load. Two of four are for trips, one is for a radar image, and one is a report. */
const requestOf = (url: string, number: number) => {
  switch (number % 4) {
    case 0:
      return HttpClientRequest.get(`${url}/radar/north-${number % 3}`)
    case 1:
      return HttpClientRequest.post(`${url}/reports`).pipe(HttpClientRequest.bodyText(`report ${number}`))
    default: {
      // Every fifteenth of these ids has no player.
      const player = number % 30 === 2 ? 1n : 900719925474099300n + BigInt(number % 20)
      return HttpClientRequest.get(`${url}/trips/${player}/${encodeURIComponent(cities[number % 3]!)}`)
    }
  }
}

/** Sends this number of requests, and returns how often each status was received. At most 64 are under way at a time. */
export const send = (url: string, options: { readonly requests: number; readonly perSecond: number }) =>
  Effect.gen(function* () {
    const client = (yield* HttpClient.HttpClient).pipe(
      HttpClient.mapRequest(HttpClientRequest.bearerToken(clientToken)),
      // It stands for clients elsewhere, without a tracer. The trace begins in the backend.
      HttpClient.withTracerDisabledWhen(Function.constTrue)
    )
    const statuses = yield* Stream.range(0, options.requests - 1).pipe(
      Stream.rechunk(1),
      // The rate stays the same if the machine is slow.
      Stream.schedule(Schedule.fixed(1000 / options.perSecond)),
      Stream.mapEffect((number) => Effect.map(client.execute(requestOf(url, number)), ({ status }) => status), {
        concurrency: 64,
        unordered: true
      }),
      Stream.runCollect
    )
    return Array.groupBy(statuses, String)
  })
