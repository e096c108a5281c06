import * as Schema from "effect/Schema"
import { Account } from "../../../schemas/polympics/Account.js"
import { CreateAccount, UpdateAccount } from "../../../schemas/polympics/forms.js"
import { Page } from "../../../schemas/polympics/Page.js"
import { AccountSearch } from "../../../schemas/polympics/search.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { Snowflake } from "../../../src/Snowflake.js"
import { withoutNotFound, withUnknownId } from "./errors.js"

export const checkSignups = () =>
  Endpoint.get("/accounts/signups", {
    name: "checkSignups",
    success: { 200: Schema.Struct({ signups_open: Schema.Boolean }).pipe(Schema.pluck("signups_open")) },
    errors: withoutNotFound()
  })

export const createAccount = () =>
  Endpoint.post("/accounts/new", {
    name: "createAccount",
    body: CreateAccount,
    success: { 201: Account },
    errors: withUnknownId()
  })

export const listAccounts = () =>
  Endpoint.get("/accounts/search", {
    name: "listAccounts",
    query: AccountSearch,
    success: { 200: Page(Account) },
    errors: withUnknownId()
  })

export const getAccount = () =>
  Endpoint.get("/account/{account}", {
    name: "getAccount",
    path: { account: Snowflake },
    success: { 200: Account },
    errors: withUnknownId()
  })

export const updateAccount = () =>
  Endpoint.patch("/account/{account}", {
    name: "updateAccount",
    path: { account: Snowflake },
    body: UpdateAccount,
    success: { 200: Account },
    errors: withUnknownId()
  })

export const deleteAccount = () =>
  Endpoint.delete("/account/{account}", {
    name: "deleteAccount",
    path: { account: Snowflake },
    success: { 204: Body.empty() },
    errors: withUnknownId()
  })
