import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import type { CallError } from "effect-herald"
import type * as Polympics from "effect-herald/polympics"

/*
 * The requirements, errors and values of each operation.
 */

type Result<Operation> = Operation extends (...args: infer _) => infer Result ? Result : never
type Parts<Operation> =
  Result<Operation> extends Stream.Stream<infer A, infer E, infer R>
    ? { readonly value: A; readonly error: E; readonly requirements: R }
    : Result<Operation> extends Effect.Effect<infer A, infer E, infer R>
      ? { readonly value: A; readonly error: E; readonly requirements: R }
      : never

type Value<Operation> = Parts<Operation>["value"]
type ErrorTag<Operation> = Extract<Parts<Operation>["error"], { readonly _tag: string }>["_tag"]
type Requirements<Operation> = Parts<Operation>["requirements"]

/** The errors of calls without input. */
type WithoutInput = CallError["_tag"]
/** The errors of calls with input. */
type WithInput = WithoutInput | "EncodeError"
/** The errors of lists. */
type OfList = WithInput | "PaginationError"

type AnyCaller = HttpClient | Polympics.Authoriser
type SignedIn = HttpClient | Polympics.SignedIn
type App = HttpClient | Polympics.App
type User = HttpClient | Polympics.User

declare const P: typeof Polympics

describe("accounts", () => {
  it("have these requirements", () => {
    expectTypeOf<Requirements<typeof P.checkSignups>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.createAccount>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.getAccount>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.listAccounts>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.listAccounts.pages>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.accountPage>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.updateAccount>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.deleteAccount>>().toEqualTypeOf<SignedIn>()
  })

  it("have these errors", () => {
    expectTypeOf<ErrorTag<typeof P.checkSignups>>().toEqualTypeOf<WithoutInput>()
    expectTypeOf<ErrorTag<typeof P.createAccount>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getAccount>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.listAccounts>>().toEqualTypeOf<OfList>()
    expectTypeOf<ErrorTag<typeof P.listAccounts.pages>>().toEqualTypeOf<OfList>()
    expectTypeOf<ErrorTag<typeof P.accountPage>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.updateAccount>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.deleteAccount>>().toEqualTypeOf<WithInput>()
  })

  it("have these values", () => {
    expectTypeOf<Value<typeof P.checkSignups>>().toEqualTypeOf<boolean>()
    expectTypeOf<Value<typeof P.createAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Value<typeof P.getAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Value<typeof P.listAccounts>>().toExtend<Polympics.Account>()
    expectTypeOf<Value<typeof P.listAccounts.pages>["value"]>().toEqualTypeOf<Polympics.Page<Polympics.Account>>()
    expectTypeOf<Value<typeof P.accountPage>>().toExtend<Polympics.Page<Polympics.Account>>()
    expectTypeOf<Value<typeof P.updateAccount>>().toExtend<Polympics.Account>()
    expectTypeOf<Value<typeof P.deleteAccount>>().toEqualTypeOf<void>()
  })
})

describe("teams", () => {
  it("have these requirements", () => {
    expectTypeOf<Requirements<typeof P.createTeam>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.getTeam>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.listTeams>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.listTeams.pages>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.teamPage>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.updateTeam>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.deleteTeam>>().toEqualTypeOf<SignedIn>()
  })

  it("have these errors", () => {
    expectTypeOf<ErrorTag<typeof P.createTeam>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getTeam>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.listTeams>>().toEqualTypeOf<OfList>()
    expectTypeOf<ErrorTag<typeof P.listTeams.pages>>().toEqualTypeOf<OfList>()
    expectTypeOf<ErrorTag<typeof P.teamPage>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.updateTeam>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.deleteTeam>>().toEqualTypeOf<WithInput>()
  })

  it("have these values", () => {
    expectTypeOf<Value<typeof P.createTeam>>().toExtend<Polympics.Team>()
    expectTypeOf<Value<typeof P.listTeams>>().toExtend<Polympics.Team>()
    expectTypeOf<Value<typeof P.teamPage>>().toExtend<Polympics.Page<Polympics.Team>>()
    expectTypeOf<Value<typeof P.updateTeam>>().toExtend<Polympics.Team>()
    expectTypeOf<Value<typeof P.deleteTeam>>().toEqualTypeOf<void>()
  })
})

describe("awards", () => {
  it("have these requirements", () => {
    expectTypeOf<Requirements<typeof P.createAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.getAward>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.updateAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.deleteAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.giveAward>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<Requirements<typeof P.takeAward>>().toEqualTypeOf<SignedIn>()
  })

  it("have these errors", () => {
    expectTypeOf<ErrorTag<typeof P.createAward>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getAward>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.updateAward>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.deleteAward>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.giveAward>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.takeAward>>().toEqualTypeOf<WithInput>()
  })

  it("have these values", () => {
    expectTypeOf<Value<typeof P.createAward>>().toExtend<Polympics.Award>()
    expectTypeOf<Value<typeof P.getAward>>().toExtend<Polympics.AwardDetails>()
    expectTypeOf<Value<typeof P.giveAward>>().toEqualTypeOf<"Given" | "AlreadyHeld">()
    expectTypeOf<Value<typeof P.takeAward>>().toEqualTypeOf<void>()
  })
})

describe("callbacks", () => {
  it("have these requirements", () => {
    expectTypeOf<Requirements<typeof P.createCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.getCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.getCallbacks>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.deleteCallback>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.decodeCallback>>().toEqualTypeOf<never>()
  })

  it("have these errors", () => {
    expectTypeOf<ErrorTag<typeof P.createCallback>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getCallback>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getCallbacks>>().toEqualTypeOf<WithoutInput>()
    expectTypeOf<ErrorTag<typeof P.deleteCallback>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.decodeCallback>>().toEqualTypeOf<"InvalidCallback">()
  })

  it("have these values", () => {
    expectTypeOf<Value<typeof P.getCallbacks>>().toEqualTypeOf<{ readonly [event: string]: string }>()
    expectTypeOf<Value<typeof P.decodeCallback>>().toExtend<Polympics.AccountTeamUpdate>()
  })
})

describe("credentials", () => {
  it("have these requirements", () => {
    expectTypeOf<Requirements<typeof P.discordAuthenticate>>().toEqualTypeOf<AnyCaller>()
    expectTypeOf<Requirements<typeof P.createSession>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.getApp>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.getMe>>().toEqualTypeOf<User>()
    expectTypeOf<Requirements<typeof P.resetAppToken>>().toEqualTypeOf<App>()
    expectTypeOf<Requirements<typeof P.resetSession>>().toEqualTypeOf<User>()
  })

  it("have these errors", () => {
    expectTypeOf<ErrorTag<typeof P.discordAuthenticate>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.createSession>>().toEqualTypeOf<WithInput>()
    expectTypeOf<ErrorTag<typeof P.getApp>>().toEqualTypeOf<WithoutInput>()
    expectTypeOf<ErrorTag<typeof P.getMe>>().toEqualTypeOf<WithoutInput>()
    expectTypeOf<ErrorTag<typeof P.resetAppToken>>().toEqualTypeOf<WithoutInput | "CredentialsLost">()
    expectTypeOf<ErrorTag<typeof P.resetSession>>().toEqualTypeOf<WithoutInput | "CredentialsLost">()
  })

  it("have these values", () => {
    expectTypeOf<Value<typeof P.discordAuthenticate>>().toExtend<Polympics.Session>()
    expectTypeOf<Value<typeof P.createSession>>().toExtend<Polympics.Session>()
    expectTypeOf<Value<typeof P.createSession>>().toExtend<Polympics.Credentials>()
    expectTypeOf<Value<typeof P.getApp>>().toExtend<Polympics.AppDetails>()
    expectTypeOf<Value<typeof P.getMe>>().toExtend<Polympics.Account>()
    expectTypeOf<Value<typeof P.resetAppToken>>().toExtend<Polympics.AppCredentials>()
  })
})
