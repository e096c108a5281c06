import * as Schema from "effect/Schema"
import {
  AocBlock,
  AocBlockQuery,
  AocLink,
  AocLinkQuery,
  CreateAocBlock,
  CreateAocLink
} from "../../../schemas/site/Advent.js"
import { IdText } from "../../../schemas/site/Id.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withAlreadyExistsOrUnknownReference, withNotFound, withoutNotFound } from "./errors.js"

export const getAocLinks = () =>
  Endpoint.get("/bot/aoc-account-links", {
    name: "getAocLinks",
    query: AocLinkQuery,
    success: { 200: Schema.Array(AocLink) },
    errors: withoutNotFound()
  })

export const createAocLink = () =>
  Endpoint.post("/bot/aoc-account-links", {
    name: "createAocLink",
    body: CreateAocLink,
    success: { 201: AocLink },
    errors: withAlreadyExistsOrUnknownReference(/already exists/)
  })

export const getAocLink = () =>
  Endpoint.get("/bot/aoc-account-links/{user}", {
    name: "getAocLink",
    path: { user: IdText },
    success: { 200: AocLink },
    errors: withNotFound()
  })

export const deleteAocLink = () =>
  Endpoint.delete("/bot/aoc-account-links/{user}", {
    name: "deleteAocLink",
    path: { user: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })

export const getAocBlocks = () =>
  Endpoint.get("/bot/aoc-completionist-blocks", {
    name: "getAocBlocks",
    query: AocBlockQuery,
    success: { 200: Schema.Array(AocBlock) },
    errors: withoutNotFound()
  })

export const createAocBlock = () =>
  Endpoint.post("/bot/aoc-completionist-blocks", {
    name: "createAocBlock",
    body: CreateAocBlock,
    success: { 201: AocBlock },
    errors: withAlreadyExistsOrUnknownReference(/already exists/)
  })

export const getAocBlock = () =>
  Endpoint.get("/bot/aoc-completionist-blocks/{user}", {
    name: "getAocBlock",
    path: { user: IdText },
    success: { 200: AocBlock },
    errors: withNotFound()
  })

export const deleteAocBlock = () =>
  Endpoint.delete("/bot/aoc-completionist-blocks/{user}", {
    name: "deleteAocBlock",
    path: { user: IdText },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
