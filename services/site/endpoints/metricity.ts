import { IdText } from "../../../schemas/site/Id.js"
import {
  ActivityByUser,
  ActivitySearch,
  ActivityUsers,
  MetricityData,
  MetricityReviewData
} from "../../../schemas/site/Metricity.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withNotFound, withoutNotFound } from "./errors.js"

export const getMetricityData = () =>
  Endpoint.get("/bot/users/{id}/metricity_data", {
    name: "getMetricityData",
    path: { id: IdText },
    success: { 200: MetricityData },
    errors: withNotFound()
  })

export const getMetricityReviewData = () =>
  Endpoint.get("/bot/users/{id}/metricity_review_data", {
    name: "getMetricityReviewData",
    path: { id: IdText },
    success: { 200: MetricityReviewData },
    errors: withNotFound()
  })

/** A POST that reads. */
export const getMetricityActivity = () =>
  Endpoint.post("/bot/users/metricity_activity_data", {
    name: "getMetricityActivity",
    query: ActivitySearch,
    body: ActivityUsers,
    success: { 200: ActivityByUser },
    errors: withoutNotFound(),
    idempotent: true
  })
