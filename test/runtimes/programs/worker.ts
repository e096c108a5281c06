/** The program of workerd. The query of a request to it has the base URL of the server. The response is the report. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { checks } from "../checks.js"
import { run } from "../run.js"

export default {
  fetch: async (request: Request): Promise<Response> =>
    Response.json(await run(checks, new URL(request.url).searchParams.get("server")!, FetchHttpClient.layer))
}
