import * as Schema from "effect/Schema"
import { ForwardedWebhook, IgnoredWebhook, Pending, unavailable } from "../../../schemas/site/Github.js"
import { IdText } from "../../../schemas/site/Id.js"
import { PathSegment } from "../../../schemas/site/PathSegment.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withoutNotFound } from "./errors.js"

/** The 202 is an error: the artifact is not there yet. */
export const getGithubArtifact = () =>
  Endpoint.get("/github/artifact/{owner}/{repo}/{sha}/{actionName}/{artifactName}", {
    name: "getGithubArtifact",
    path: {
      owner: PathSegment,
      repo: PathSegment,
      sha: PathSegment,
      actionName: PathSegment,
      artifactName: PathSegment
    },
    success: { 200: Schema.Struct({ url: Schema.String }).pipe(Schema.pluck("url")) },
    errors: {
      202: Pending,
      400: unavailable("ActionFailed"),
      401: unavailable("Unauthorized"),
      404: [unavailable("NotFound"), Endpoint.errorAs("ClientError")],
      408: unavailable("TimedOut")
    },
    anonymous: true
  })

/** The server sends the headers of the request on to Discord, so that credentials of the API must not be among them. */
export const filterGithubWebhook = () =>
  Endpoint.post("/github/webhook-filter/{webhookId}/{webhookToken}", {
    name: "filterGithubWebhook",
    path: { webhookId: IdText, webhookToken: Schema.Redacted(PathSegment) },
    headers: { event: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("x-github-event")) },
    body: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    success: { 200: ForwardedWebhook, 203: IgnoredWebhook },
    errors: withoutNotFound(),
    anonymous: true
  })
