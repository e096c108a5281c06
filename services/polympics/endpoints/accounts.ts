import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Account, AccountId } from "../../../schemas/polympics/Account.js"
import { CreateAccount, UpdateAccount } from "../../../schemas/polympics/forms.js"
import { Page } from "../../../schemas/polympics/Page.js"
import { Conflict, DataError, Refused, UnknownId } from "../../../schemas/polympics/refusals.js"
import { AccountSearch } from "../../../schemas/polympics/search.js"

const path = () => Schema.Struct({ account: AccountId })

export const checkSignups = () =>
  HttpApiEndpoint.get("checkSignups", "/accounts/signups").addSuccess(
    Schema.Struct({ signupsOpen: Schema.propertySignature(Schema.Boolean).pipe(Schema.fromKey("signups_open")) })
  )

export const createAccount = () =>
  HttpApiEndpoint.post("createAccount", "/accounts/new")
    .setPayload(CreateAccount)
    .addSuccess(Account, { status: 201 })
    .addError(Refused)
    .addError(Conflict)

export const listAccounts = () =>
  HttpApiEndpoint.get("listAccounts", "/accounts/search")
    .setUrlParams(AccountSearch)
    .addSuccess(Page(Account))
    .addError(UnknownId)
    .addError(DataError)

export const getAccount = () =>
  HttpApiEndpoint.get("getAccount", "/account/:account")
    .setPath(path())
    .addSuccess(Account)
    .addError(UnknownId)
    .addError(DataError)

export const updateAccount = () =>
  HttpApiEndpoint.patch("updateAccount", "/account/:account")
    .setPath(path())
    .setPayload(UpdateAccount)
    .addSuccess(Account)
    .addError(Refused)

export const deleteAccount = () =>
  HttpApiEndpoint.del("deleteAccount", "/account/:account")
    .setPath(path())
    .addSuccess(HttpApiSchema.NoContent)
    .addError(Refused)
