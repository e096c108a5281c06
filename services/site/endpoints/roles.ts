import * as Schema from "effect/Schema"
import { IdText } from "../../../schemas/site/Id.js"
import { Role, RoleChangesForm, RoleForm } from "../../../schemas/site/Role.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getRoles = () =>
  Endpoint.get("/bot/roles", { name: "getRoles", success: { 200: Schema.Array(Role) }, errors: withoutNotFound() })

export const createRole = () =>
  Endpoint.post("/bot/roles", {
    name: "createRole",
    body: RoleForm,
    success: { 201: Role },
    errors: withAlreadyExists(/^role with this ID already exists\.$/)
  })

export const getRole = () =>
  Endpoint.get("/bot/roles/{id}", {
    name: "getRole",
    path: { id: IdText },
    success: { 200: Role },
    errors: withNotFound()
  })

export const replaceRole = () =>
  Endpoint.put("/bot/roles/{id}", {
    name: "replaceRole",
    path: { id: IdText },
    body: RoleForm,
    success: { 200: Role },
    errors: withNotFound()
  })

export const updateRole = () =>
  Endpoint.patch("/bot/roles/{id}", {
    name: "updateRole",
    path: { id: IdText },
    body: RoleChangesForm,
    success: { 200: Role },
    errors: withNotFound(),
    idempotent: true
  })

export const deleteRole = () =>
  Endpoint.delete("/bot/roles/{id}", {
    name: "deleteRole",
    path: { id: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
