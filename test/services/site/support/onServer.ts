import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Site from "effect-herald/site"
import * as SiteServer from "../../../servers/site/index.js"
import { client } from "../../../support/client.js"
import { once } from "../../../support/kit.js"

/** The rows that a server has responded with, over all tests of a file. */
export interface Coverage {
  /** Returns the rows and statuses that were not responded with yet, such as `GET bot/users 404`, of the rows with these paths. */
  readonly missing: (path: RegExp) => ReadonlyArray<string>
  /** Runs a program against a new server of the site. */
  readonly run: <A, E>(
    seed: SiteServer.Options["seed"],
    program: (
      server: SiteServer.SiteServer
    ) => Effect.Effect<A, E, Site.Authoriser | HttpClient.HttpClient | Scope.Scope>
  ) => Effect.Effect<A, E, Scope.Scope>
}

/** Runs programs against servers of the site, and records the rows that they cover. */
export const makeCoverage = (): Coverage => {
  const servers: Array<SiteServer.SiteServer> = []
  return {
    missing: (path) => {
      const rows = SiteServer.rows.filter((row) => path.test(row.path))
      return SiteServer.uncovered(new Map(), rows).filter((one) =>
        servers.every((server) => SiteServer.uncovered(server.hits, rows).includes(one))
      )
    },
    run: (seed, program) =>
      Effect.flatMap(SiteServer.make(seed === undefined ? {} : { seed }), (server) => {
        servers.push(server)
        const site = Layer.orDie(Site.layer({ token: Redacted.make(SiteServer.token), baseUrl: server.url }))
        return Effect.provide(program(server), Layer.mergeAll(site, client, once))
      })
  }
}

/** A layer for another token at the same server. */
export const withToken = (server: SiteServer.SiteServer, token: string) =>
  Layer.orDie(Site.layer({ token: Redacted.make(token), baseUrl: server.url }))
