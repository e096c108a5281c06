import * as Schema from "effect/Schema"

const fields = () => ({
  /** The server's explanation. */
  detail: Schema.String,
  /** The artifact: owner, repository, commit, workflow and name, separated by slashes. */
  resource: Schema.String
})

const unavailableFields = () => ({
  reason: Schema.Literal("ActionFailed", "Unauthorized", "NotFound", "TimedOut"),
  ...fields()
})

/** The workflow that makes the artifact has not ended. A later call may succeed. */
export class ArtifactPending extends Schema.TaggedError<ArtifactPending>()("ArtifactPending", fields()) {
  override get message() {
    return `${this.resource}: ${this.detail}`
  }
}

/**
 * There is no such artifact. The reason is:
 *
 * - `ActionFailed` (400): the workflow failed
 * - `Unauthorized` (401): GitHub does not accept the credentials of the site. Those of this program are not concerned
 * - `NotFound` (404): GitHub does not have the repository, commit, workflow or artifact, or no longer
 * - `TimedOut` (408): the workflow was started too long ago, and has not ended
 */
export class ArtifactUnavailable extends Schema.TaggedError<ArtifactUnavailable>()(
  "ArtifactUnavailable",
  unavailableFields()
) {
  override get message() {
    return `${this.resource}: ${this.detail}`
  }
}

/** The body of an error of `GET github/artifact/...`. */
const ArtifactProblem = Schema.Struct({
  error_type: Schema.String,
  error: Schema.String,
  requested_resource: Schema.String
})

/** The body of a 202. */
export const Pending = Schema.transform(ArtifactProblem, Schema.typeSchema(ArtifactPending), {
  strict: true,
  decode: ({ error, requested_resource }) => new ArtifactPending({ detail: error, resource: requested_resource }),
  encode: ({ detail, resource }) => ({ error_type: "RunPendingError", error: detail, requested_resource: resource })
})

/** The body of the status that has this reason. */
export const unavailable = (reason: ArtifactUnavailable["reason"]) =>
  Schema.transform(ArtifactProblem, Schema.typeSchema(ArtifactUnavailable), {
    strict: true,
    decode: ({ error, requested_resource }) =>
      new ArtifactUnavailable({ reason, detail: error, resource: requested_resource }),
    encode: ({ detail, resource }) => ({ error_type: reason, error: detail, requested_resource: resource })
  })

/** The outcome of a webhook that was filtered. */
export type WebhookOutcome = ForwardedWebhook | IgnoredWebhook

/** The event was sent to Discord. */
export interface ForwardedWebhook {
  readonly _tag: "Forwarded"
  /** The status of Discord's response, which may be that of an error. */
  readonly status: number
  /** The body of Discord's response. */
  readonly data: string
  readonly headers: { readonly [name: string]: string }
}

/** The event is of no interest, and was not sent to Discord. */
export interface IgnoredWebhook {
  readonly _tag: "Ignored"
  readonly message: string
}

/** The body of a 200 of `POST github/webhook-filter/...`. */
export const ForwardedWebhook = Schema.Struct({
  status: Schema.propertySignature(Schema.Int).pipe(Schema.fromKey("original_status")),
  data: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String })
}).pipe(Schema.attachPropertySignature("_tag", "Forwarded"))

/** The body of a 203. */
export const IgnoredWebhook = Schema.Struct({ message: Schema.String }).pipe(
  Schema.attachPropertySignature("_tag", "Ignored")
)
