import * as Schema from "effect/Schema"
import { FilterList } from "../../../schemas/site/FilterList.js"
import { FilterListId } from "../../../schemas/site/FilterListId.js"
import { alreadyExists } from "../../../schemas/site/errors.js"
import { FilterListForm, UpdateFilterList } from "../../../schemas/site/filterForms.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withAlreadyExists, withNotFound, withoutNotFound } from "./errors.js"

export const getFilterLists = () =>
  Endpoint.get("/bot/filter/filter_lists", {
    name: "getFilterLists",
    success: { 200: Schema.Array(FilterList) },
    errors: withoutNotFound()
  })

export const createFilterList = () =>
  Endpoint.post("/bot/filter/filter_lists", {
    name: "createFilterList",
    body: FilterListForm,
    success: { 201: FilterList },
    errors: withAlreadyExists(/already exists/)
  })

export const getFilterList = () =>
  Endpoint.get("/bot/filter/filter_lists/{list}", {
    name: "getFilterList",
    path: { list: FilterListId },
    success: { 200: FilterList },
    errors: withNotFound()
  })

export const replaceFilterList = () =>
  Endpoint.put("/bot/filter/filter_lists/{list}", {
    name: "replaceFilterList",
    path: { list: FilterListId },
    body: FilterListForm,
    success: { 200: FilterList },
    errors: { ...withNotFound(), 400: badRequestOr(alreadyExists(/already exists/)) }
  })

export const updateFilterList = () =>
  Endpoint.patch("/bot/filter/filter_lists/{list}", {
    name: "updateFilterList",
    path: { list: FilterListId },
    body: UpdateFilterList,
    success: { 200: FilterList },
    errors: { ...withNotFound(), 400: badRequestOr(alreadyExists(/already exists/)) },
    idempotent: true
  })

export const deleteFilterList = () =>
  Endpoint.delete("/bot/filter/filter_lists/{list}", {
    name: "deleteFilterList",
    path: { list: FilterListId },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
