import * as Schema from "effect/Schema"
import { Filter, FilterId } from "../../../schemas/site/Filter.js"
import { unknownReference } from "../../../schemas/site/errors.js"
import { FilterForm, UpdateFilter } from "../../../schemas/site/filterForms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withAlreadyExistsOrUnknownReference, withNotFound, withoutNotFound } from "./errors.js"

export const getFilters = () =>
  Endpoint.get("/bot/filter/filters", {
    name: "getFilters",
    success: { 200: Schema.Array(Filter) },
    errors: withoutNotFound()
  })

export const createFilter = () =>
  Endpoint.post("/bot/filter/filters", {
    name: "createFilter",
    body: FilterForm,
    success: { 201: Filter },
    errors: withAlreadyExistsOrUnknownReference(/^Check if a filter with this combination/)
  })

export const getFilter = () =>
  Endpoint.get("/bot/filter/filters/{filter}", {
    name: "getFilter",
    path: { filter: FilterId },
    success: { 200: Filter },
    errors: withNotFound()
  })

export const replaceFilter = () =>
  Endpoint.put("/bot/filter/filters/{filter}", {
    name: "replaceFilter",
    path: { filter: FilterId },
    body: FilterForm,
    success: { 200: Filter },
    errors: { ...withNotFound(), 400: badRequestOr(unknownReference()) }
  })

export const updateFilter = () =>
  Endpoint.patch("/bot/filter/filters/{filter}", {
    name: "updateFilter",
    path: { filter: FilterId },
    body: UpdateFilter,
    success: { 200: Filter },
    errors: { ...withNotFound(), 400: badRequestOr(unknownReference()) },
    idempotent: true
  })

export const deleteFilter = () =>
  Endpoint.delete("/bot/filter/filters/{filter}", {
    name: "deleteFilter",
    path: { filter: FilterId },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
