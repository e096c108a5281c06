import * as Schema from "effect/Schema"
import { AddressableName } from "../../../schemas/site/PathSegment.js"
import { AlreadyKnownBody, MailingList, MailingListName, SeenItem } from "../../../schemas/site/MailingList.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getMailingLists = () =>
  Endpoint.get("/bot/mailing-lists", {
    name: "getMailingLists",
    success: { 200: Schema.Array(MailingList) },
    errors: withoutNotFound()
  })

/** The server responds to `seen_items` in the body with a 500. */
export const createMailingList = () =>
  Endpoint.post("/bot/mailing-lists", {
    name: "createMailingList",
    body: Schema.Struct({ name: MailingListName }),
    success: { 201: MailingList },
    errors: withAlreadyExists(/already exists/)
  })

export const getMailingList = () =>
  Endpoint.get("/bot/mailing-lists/{list}", {
    name: "getMailingList",
    path: { list: AddressableName },
    success: { 200: MailingList },
    errors: withNotFound()
  })

export const addSeenItem = () =>
  Endpoint.post("/bot/mailing-lists/{list}/seen-items", {
    name: "addSeenItem",
    path: { list: AddressableName },
    body: SeenItem,
    success: { 204: Body.empty() },
    errors: { ...withNotFound(), 400: badRequestOr(AlreadyKnownBody) },
    idempotent: true
  })
