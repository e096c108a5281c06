import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import type * as Polympics from "effect-herald/polympics"

/*
 * What each operation needs, how it can fail, and what it gives.
 */

type Run<Operation> = Operation extends (...args: infer _) => infer Result ? Result : Operation
type Parts<Operation> =
  Run<Operation> extends Stream.Stream<infer A, infer E, infer R>
    ? { readonly gives: A; readonly fails: E; readonly needs: R }
    : Run<Operation> extends Effect.Effect<infer A, infer E, infer R>
      ? { readonly gives: A; readonly fails: E; readonly needs: R }
      : never

type Gives<Operation> = Parts<Operation>["gives"]
type Fails<Operation> = Extract<Parts<Operation>["fails"], { readonly _tag: string }>["_tag"]
type Needs<Operation> = Parts<Operation>["needs"]

/** What any call can end with. */
type Any =
  | "NotSent"
  | "TransportError"
  | "TimeoutError"
  | "DecodeError"
  | "RateLimited"
  | "ClientError"
  | "ServerError"
  | "Unauthorised"
  | "AuthoriserError"

type Anyone = HttpClient | Polympics.Authoriser
type SignedIn = HttpClient | Polympics.SignedIn
type App = HttpClient | Polympics.App
type User = HttpClient | Polympics.User

/** A call with input. */
type Sent = Any | "EncodeError"
type Read = Sent | "NotFound" | "DataError"
type Write = Read | "Unauthorised" | "Forbidden"

declare const P: typeof Polympics

describe("accounts", () => {
  it("need", () => {
    expectTypeOf<Needs<typeof P.checkSignups>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.createAccount>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.getAccount>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.listAccounts>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.listAccounts.pages>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.accountPage>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.updateAccount>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.deleteAccount>>().toEqualTypeOf<SignedIn>()
  })

  it("fail with", () => {
    expectTypeOf<Fails<typeof P.checkSignups>>().toEqualTypeOf<Any>()
    expectTypeOf<Fails<typeof P.createAccount>>().toEqualTypeOf<Write | "Conflict">()
    expectTypeOf<Fails<typeof P.getAccount>>().toEqualTypeOf<Read>()
    expectTypeOf<Fails<typeof P.listAccounts>>().toEqualTypeOf<Read | "PaginationError">()
    expectTypeOf<Fails<typeof P.listAccounts.pages>>().toEqualTypeOf<Read | "PaginationError">()
    expectTypeOf<Fails<typeof P.accountPage>>().toEqualTypeOf<Read>()
    expectTypeOf<Fails<typeof P.updateAccount>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.deleteAccount>>().toEqualTypeOf<Write>()
  })

  it("give", () => {
    expectTypeOf<Gives<typeof P.checkSignups>>().toEqualTypeOf<boolean>()
    expectTypeOf<Gives<typeof P.createAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Gives<typeof P.getAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Gives<typeof P.listAccounts>>().toExtend<Polympics.Account>()
    expectTypeOf<Gives<typeof P.listAccounts.pages>>().toExtend<Polympics.Page<Polympics.Account>>()
    expectTypeOf<Gives<typeof P.accountPage>>().toExtend<Polympics.Page<Polympics.Account>>()
    expectTypeOf<Gives<typeof P.updateAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Gives<typeof P.deleteAccount>>().toEqualTypeOf<void>()
  })
})

describe("teams", () => {
  it("need", () => {
    expectTypeOf<Needs<typeof P.createTeam>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.getTeam>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.listTeams>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.listTeams.pages>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.teamPage>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.updateTeam>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.deleteTeam>>().toEqualTypeOf<SignedIn>()
  })

  it("fail with", () => {
    expectTypeOf<Fails<typeof P.createTeam>>().toEqualTypeOf<Exclude<Write, "NotFound">>()
    expectTypeOf<Fails<typeof P.getTeam>>().toEqualTypeOf<Read>()
    expectTypeOf<Fails<typeof P.listTeams>>().toEqualTypeOf<Sent | "DataError" | "PaginationError">()
    expectTypeOf<Fails<typeof P.listTeams.pages>>().toEqualTypeOf<Sent | "DataError" | "PaginationError">()
    expectTypeOf<Fails<typeof P.teamPage>>().toEqualTypeOf<Sent | "DataError">()
    expectTypeOf<Fails<typeof P.updateTeam>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.deleteTeam>>().toEqualTypeOf<Write>()
  })

  it("give", () => {
    expectTypeOf<Gives<typeof P.createTeam>>().toExtend<Polympics.Team>()
    expectTypeOf<Gives<typeof P.listTeams>>().toExtend<Polympics.Team>()
    expectTypeOf<Gives<typeof P.teamPage>>().toExtend<Polympics.Page<Polympics.Team>>()
    expectTypeOf<Gives<typeof P.updateTeam>>().toExtend<Polympics.Team>()
    expectTypeOf<Gives<typeof P.deleteTeam>>().toEqualTypeOf<void>()
  })
})

describe("awards", () => {
  it("need", () => {
    expectTypeOf<Needs<typeof P.createAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.getAward>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.updateAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.deleteAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.giveAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Needs<typeof P.takeAward>>().toEqualTypeOf<SignedIn>()
  })

  it("fail with", () => {
    expectTypeOf<Fails<typeof P.createAward>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.getAward>>().toEqualTypeOf<Read>()
    expectTypeOf<Fails<typeof P.updateAward>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.deleteAward>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.giveAward>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.takeAward>>().toEqualTypeOf<Write>()
  })

  it("give", () => {
    expectTypeOf<Gives<typeof P.createAward>>().toExtend<Polympics.Award>()
    expectTypeOf<Gives<typeof P.getAward>>().toExtend<Polympics.AwardDetails>()
    expectTypeOf<Gives<typeof P.giveAward>>().toEqualTypeOf<"Given" | "AlreadyHeld">()
    expectTypeOf<Gives<typeof P.takeAward>>().toEqualTypeOf<void>()
  })
})

describe("callbacks", () => {
  it("need", () => {
    expectTypeOf<Needs<typeof P.createCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.getCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.getCallbacks>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.deleteCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.decodeCallback>>().toEqualTypeOf<never>()
  })

  it("fail with", () => {
    expectTypeOf<Fails<typeof P.createCallback>>().toEqualTypeOf<Sent | "Unauthorised" | "DataError">()
    expectTypeOf<Fails<typeof P.getCallback>>().toEqualTypeOf<Read | "Unauthorised">()
    expectTypeOf<Fails<typeof P.getCallbacks>>().toEqualTypeOf<Any | "Unauthorised">()
    expectTypeOf<Fails<typeof P.deleteCallback>>().toEqualTypeOf<Read | "Unauthorised">()
    expectTypeOf<Fails<typeof P.decodeCallback>>().toEqualTypeOf<"InvalidCallback">()
  })

  it("give", () => {
    expectTypeOf<Gives<typeof P.getCallbacks>>().toEqualTypeOf<{ readonly [event: string]: string }>()
    expectTypeOf<Gives<typeof P.decodeCallback>>().toExtend<Polympics.AccountTeamUpdate>()
  })
})

describe("credentials", () => {
  it("need", () => {
    expectTypeOf<Needs<typeof P.discordAuthenticate>>().toEqualTypeOf<Anyone>()
    expectTypeOf<Needs<typeof P.createSession>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.getApp>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.getMe>>().toEqualTypeOf<User>()
    expectTypeOf<Needs<typeof P.resetAppToken>>().toEqualTypeOf<App>()
    expectTypeOf<Needs<typeof P.resetSession>>().toEqualTypeOf<User>()
  })

  it("fail with", () => {
    expectTypeOf<Fails<typeof P.discordAuthenticate>>().toEqualTypeOf<Exclude<Write, "NotFound">>()
    expectTypeOf<Fails<typeof P.createSession>>().toEqualTypeOf<Write>()
    expectTypeOf<Fails<typeof P.getApp>>().toEqualTypeOf<Any | "Unauthorised">()
    expectTypeOf<Fails<typeof P.getMe>>().toEqualTypeOf<Any | "Unauthorised">()
    expectTypeOf<Fails<typeof P.resetAppToken>>().toEqualTypeOf<Any | "Unauthorised" | "CredentialsLost">()
    expectTypeOf<Fails<typeof P.resetSession>>().toEqualTypeOf<Any | "Unauthorised" | "CredentialsLost">()
  })

  it("give", () => {
    expectTypeOf<Gives<typeof P.discordAuthenticate>>().toExtend<Polympics.Session>()
    expectTypeOf<Gives<typeof P.createSession>>().toExtend<Polympics.Session>()
    expectTypeOf<Gives<typeof P.createSession>>().toExtend<Polympics.Credentials>()
    expectTypeOf<Gives<typeof P.getApp>>().toExtend<Polympics.AppDetails>()
    expectTypeOf<Gives<typeof P.getMe>>().toExtend<Polympics.Account>()
    expectTypeOf<Gives<typeof P.resetAppToken>>().toExtend<Polympics.AppCredentials>()
  })
})
