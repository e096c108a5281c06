import * as Schema from "effect/Schema"
import { IdText } from "../../../schemas/site/Id.js"
import {
  EndNominationForm,
  EndorsementForm,
  EndReasonForm,
  Nomination,
  NominationForm,
  NominationId,
  NominationState,
  ReviewForm
} from "../../../schemas/site/Nomination.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExistsOrUnknownReference, withNotFound, withoutNotFound } from "./errors.js"

export const getNominations = () =>
  Endpoint.get("/bot/nominations", {
    name: "getNominations",
    query: {
      user: Schema.optional(IdText).pipe(Schema.fromKey("user__id")),
      active: Schema.optional(Schema.Boolean),
      reviewed: Schema.optional(Schema.Boolean),
      order: Schema.optional(
        Schema.transformLiterals(["inserted_at", "oldest first"], ["-inserted_at", "newest first"])
      ).pipe(Schema.fromKey("ordering"))
    },
    success: { 200: Schema.Array(Nomination) },
    errors: withoutNotFound()
  })

export const createNomination = () =>
  Endpoint.post("/bot/nominations", {
    name: "createNomination",
    body: NominationForm,
    success: { 201: Nomination },
    errors: withAlreadyExistsOrUnknownReference(/^This actor has already endorsed this nomination\.$/)
  })

export const getNomination = () =>
  Endpoint.get("/bot/nominations/{id}", {
    name: "getNomination",
    path: { id: NominationId },
    success: { 200: Nomination },
    errors: withNotFound()
  })

/** The response has the entries as they were before, so that they are not read. */
export const updateEndorsement = () =>
  Endpoint.patch("/bot/nominations/{id}", {
    name: "updateEndorsement",
    path: { id: NominationId },
    body: EndorsementForm,
    success: { 200: NominationState },
    errors: withNotFound(),
    idempotent: true
  })

/** Not idempotent: the server refuses to end a nomination that has ended. */
export const endNomination = () =>
  Endpoint.patch("/bot/nominations/{id}", {
    name: "endNomination",
    path: { id: NominationId },
    body: EndNominationForm,
    success: { 200: Nomination },
    errors: withNotFound()
  })

export const updateEndReason = () =>
  Endpoint.patch("/bot/nominations/{id}", {
    name: "updateEndReason",
    path: { id: NominationId },
    body: EndReasonForm,
    success: { 200: Nomination },
    errors: withNotFound(),
    idempotent: true
  })

export const updateNomination = () =>
  Endpoint.patch("/bot/nominations/{id}", {
    name: "updateNomination",
    path: { id: NominationId },
    body: ReviewForm,
    success: { 200: Nomination },
    errors: withNotFound(),
    idempotent: true
  })
