import type * as Redacted from "effect/Redacted"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/github.js"

export {
  ArtifactPending,
  ArtifactUnavailable,
  type ForwardedWebhook,
  type IgnoredWebhook,
  type WebhookOutcome
} from "../../schemas/site/Github.js"

/** An artifact of a workflow of GitHub Actions. */
export interface GithubArtifact {
  readonly owner: string
  readonly repo: string
  /** The commit that the workflow ran for. */
  readonly sha: string
  /** The name of the workflow. */
  readonly actionName: string
  readonly artifactName: string
}

/**
 * Returns the URL to download an artifact from. Sent without the token.
 *
 * Fails with `ArtifactPending` while the workflow runs, and with `ArtifactUnavailable` if there is no such artifact. A 408, by which the site
 * says that the workflow takes too long, is retried as any 408 before it is reported.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * // Waits until the artifact is there, at most ten minutes.
 * const download = (artifact: Site.GithubArtifact) =>
 *   Site.getGithubArtifact(artifact).pipe(
 *     Effect.retry({
 *       while: ({ _tag }) => _tag === "ArtifactPending",
 *       schedule: Schedule.spaced("20 seconds").pipe(Schedule.upTo("10 minutes"))
 *     })
 *   )
 * ```
 */
export const getGithubArtifact = Operation.make(
  Authoriser,
  endpoints.getGithubArtifact,
  (artifact: GithubArtifact) => artifact
)

/** An event of GitHub, for a webhook of Discord. */
export interface GithubWebhook {
  readonly webhookId: Snowflake
  /** The secret of the webhook. It is part of the path, and in no error, log or span. */
  readonly webhookToken: Redacted.Redacted
  /** The name of the event (`X-GitHub-Event`), such as `pull_request`. */
  readonly event: string
  /** The payload of the event, as GitHub sent it. */
  readonly payload: { readonly [key: string]: unknown }
}

/**
 * Sends an event of GitHub to a webhook of Discord through the site's filter. Returns `Ignored` for an event of no interest, and else
 * `Forwarded` with the status of Discord's response, which may be that of an error. Sent without the token, since the site sends the
 * headers of the request on to Discord.
 */
export const filterGithubWebhook = Operation.make(
  Authoriser,
  endpoints.filterGithubWebhook,
  ({ event, payload, webhookId, webhookToken }: GithubWebhook) => ({
    webhookId,
    webhookToken,
    headers: { event },
    body: payload
  })
)
