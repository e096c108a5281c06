import * as Schema from "effect/Schema"
import { alreadyExists, unknownReference } from "../../../schemas/site/errors.js"
import { Id, IdText } from "../../../schemas/site/Id.js"
import { User, UserPage, UserWithAlts } from "../../../schemas/site/User.js"
import {
  AltChangesForm,
  AltForm,
  UserChangesForm,
  UserChangesForms,
  UserForm,
  UserForms,
  UserSearch
} from "../../../schemas/site/userForms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withNotFound, withoutNotFound } from "./errors.js"

/** A 400 for roles that do not exist. */
const unknownRole = () => unknownReference(/^Role with ID \d+ does not exist$/)

/** A list whose items say nothing. */
const Ignored = Schema.transform(Schema.Array(Schema.Unknown), Schema.Void, {
  strict: true,
  decode: () => undefined,
  encode: () => []
})

/** A page past the end is a 404. */
export const listUsers = () =>
  Endpoint.get("/bot/users", {
    name: "listUsers",
    query: UserSearch,
    success: { 200: UserPage },
    errors: withNotFound()
  })

export const createUser = () =>
  Endpoint.post("/bot/users", {
    name: "createUser",
    body: UserForm,
    success: { 201: User },
    errors: {
      ...withoutNotFound(),
      400: badRequestOr(alreadyExists(/^User with ID already present\.$/), unknownRole())
    }
  })

/**
 * `POST bot/users` with an array. The server skips users that exist, so that a repeated request changes nothing. The response is an empty
 * list, whatever was created.
 */
export const createUsers = () =>
  Endpoint.post("/bot/users", {
    name: "createUsers",
    body: UserForms,
    success: { 201: Ignored },
    errors: withoutNotFound(),
    idempotent: true
  })

export const getUser = () =>
  Endpoint.get("/bot/users/{id}", {
    name: "getUser",
    path: { id: IdText },
    success: { 200: UserWithAlts },
    errors: withNotFound()
  })

export const replaceUser = () =>
  Endpoint.put("/bot/users/{id}", {
    name: "replaceUser",
    path: { id: IdText },
    body: UserForm,
    success: { 200: User },
    errors: { ...withNotFound(), 400: badRequestOr(unknownRole()) }
  })

export const updateUser = () =>
  Endpoint.patch("/bot/users/{id}", {
    name: "updateUser",
    path: { id: IdText },
    body: UserChangesForm,
    success: { 200: User },
    errors: { ...withNotFound(), 400: badRequestOr(unknownRole()) },
    idempotent: true
  })

export const deleteUser = () =>
  Endpoint.delete("/bot/users/{id}", {
    name: "deleteUser",
    path: { id: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })

export const updateUsers = () =>
  Endpoint.patch("/bot/users/bulk_patch", {
    name: "updateUsers",
    body: UserChangesForms,
    success: { 200: Schema.Array(User) },
    errors: withNotFound(),
    idempotent: true
  })

export const addAlt = () =>
  Endpoint.post("/bot/users/{id}/alts", {
    name: "addAlt",
    path: { id: IdText },
    body: AltForm,
    success: { 204: Body.empty() },
    errors: {
      ...withNotFound(),
      400: badRequestOr(alreadyExists(/^The fields source, target must make a unique set\.$/), unknownReference())
    }
  })

export const updateAlt = () =>
  Endpoint.patch("/bot/users/{id}/alts", {
    name: "updateAlt",
    path: { id: IdText },
    body: AltChangesForm,
    success: { 204: Body.empty() },
    errors: { ...withNotFound(), 400: badRequestOr(unknownReference(/^User is not an associated alt account$/)) },
    idempotent: true
  })

/** The body is a bare integer: the server accepts no text here. */
export const removeAlt = () =>
  Endpoint.delete("/bot/users/{id}/alts", {
    name: "removeAlt",
    path: { id: IdText },
    body: Id,
    success: { 204: Body.empty() },
    errors: {
      ...withNotFound(),
      400: badRequestOr(unknownReference(/^Specified account is not a known alternate account/))
    }
  })
