import { badRequest, crash, valueOf } from "./fields.js"
import type { Json } from "./json.js"
import { ok, type Row } from "./row.js"

const link = (format: string, text: string, url: string) =>
  format === "html" ? `<a href="${url}">${text}</a>` : `[${text}](${url})`

const rulesIn = (format: string): Json => [
  [
    `Follow the ${link(format, "Python Discord Code of Conduct", "https://pythondiscord.com/pages/code-of-conduct/")}.`,
    ["coc", "conduct", "code"]
  ],
  [`Follow the ${link(format, "Discord Terms of Service", "https://discordapp.com/terms")}.`, ["discord", "tos"]],
  ["Respect staff members and listen to their instructions.", ["respect", "staff"]]
]

/** The rows that need no token. */
export const publicRows: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "healthcheck",
    statuses: [200],
    anonymous: true,
    handle: () => ok({ status: "ok" })
  },
  {
    method: "GET",
    path: "rules",
    statuses: [200, 400],
    anonymous: true,
    handle: ({ query }) => {
      const format = query.get("link_format") ?? "md"
      if (format !== "md" && format !== "html") {
        throw badRequest({ detail: `\`format\` must be \`html\` or \`md\`, got \`${format}\`.` })
      }
      return ok(rulesIn(format))
    }
  },
  {
    method: "GET",
    path: "github/artifact/{owner}/{repo}/{sha}/{action_name}/{artifact_name}",
    statuses: [200, 202, 400, 401, 404, 408],
    anonymous: true,
    handle: ({ path, received, state }) => {
      const artifact = state.artifacts.get(path.join("/")) ?? {
        status: 404 as const,
        error_type: "NotFoundError",
        error: "Could not find any artifacts matching the requested details."
      }
      if ("url" in artifact) return ok({ url: artifact.url })
      const { error, error_type, status } = artifact
      return { status, body: { error_type, error, requested_resource: received.target.replace(/\?.*$/, "") } }
    }
  },
  {
    method: "POST",
    path: "github/webhook-filter/{webhook_id}/{webhook_token}",
    statuses: [200, 203],
    anonymous: true,
    body: true,
    handle: ({ body, received, state }) => {
      const data = body()
      const event = received.headers["x-github-event"]
      const sender = valueOf(data, "sender")
      // The view reads both without a check.
      if (event === undefined || sender === undefined) throw crash()
      const login = valueOf(sender, "login")
      if (typeof login === "string" && login.endsWith("[bot]")) {
        return { status: 203, body: { message: "Ignored by github-filter endpoint" } }
      }
      const { data: text, headers, status } = state.discord
      return ok({ original_status: status, data: text, headers })
    }
  }
]
