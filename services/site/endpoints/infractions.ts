import * as Schema from "effect/Schema"
import { alreadyExists, unknownReference } from "../../../schemas/site/errors.js"
import { ExpandedInfraction, Infraction, InfractionId } from "../../../schemas/site/Infraction.js"
import { InfractionChangesForm, InfractionForm, InfractionSearch } from "../../../schemas/site/infractionForms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withNotFound, withoutNotFound } from "./errors.js"

export const listInfractions = () =>
  Endpoint.get("/bot/infractions", {
    name: "listInfractions",
    query: InfractionSearch,
    success: { 200: Schema.Array(Infraction) },
    errors: withoutNotFound()
  })

export const listExpandedInfractions = () =>
  Endpoint.get("/bot/infractions/expanded", {
    name: "listExpandedInfractions",
    query: InfractionSearch,
    success: { 200: Schema.Array(ExpandedInfraction) },
    errors: withoutNotFound()
  })

/** A second active infraction of a type has one of two messages: the latter if another request created the first one meanwhile. */
const isActive = () =>
  alreadyExists(
    /^(?:The fields user, type must make a unique set\.|This user already has an active infraction of this type\.)$/
  )

const creationErrors = () => ({ ...withoutNotFound(), 400: badRequestOr(isActive(), unknownReference()) })

export const createInfraction = () =>
  Endpoint.post("/bot/infractions", {
    name: "createInfraction",
    body: InfractionForm,
    success: { 201: Infraction },
    errors: creationErrors()
  })

export const createExpandedInfraction = () =>
  Endpoint.post("/bot/infractions/expanded", {
    name: "createExpandedInfraction",
    body: InfractionForm,
    success: { 201: ExpandedInfraction },
    errors: creationErrors()
  })

export const getInfraction = () =>
  Endpoint.get("/bot/infractions/{id}", {
    name: "getInfraction",
    path: { id: InfractionId },
    success: { 200: Infraction },
    errors: withNotFound()
  })

export const getExpandedInfraction = () =>
  Endpoint.get("/bot/infractions/{id}/expanded", {
    name: "getExpandedInfraction",
    path: { id: InfractionId },
    success: { 200: ExpandedInfraction },
    errors: withNotFound()
  })

const changeErrors = () => ({ ...withNotFound(), 400: badRequestOr(isActive()) })

export const updateInfraction = () =>
  Endpoint.patch("/bot/infractions/{id}", {
    name: "updateInfraction",
    path: { id: InfractionId },
    body: InfractionChangesForm,
    success: { 200: Infraction },
    errors: changeErrors(),
    idempotent: true
  })

export const updateExpandedInfraction = () =>
  Endpoint.patch("/bot/infractions/{id}/expanded", {
    name: "updateExpandedInfraction",
    path: { id: InfractionId },
    body: InfractionChangesForm,
    success: { 200: ExpandedInfraction },
    errors: changeErrors(),
    idempotent: true
  })

export const deleteInfraction = () =>
  Endpoint.delete("/bot/infractions/{id}", {
    name: "deleteInfraction",
    path: { id: InfractionId },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
