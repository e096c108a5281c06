/** The program of Chromium: a function for the page, which takes the base URL of the server, and returns the report. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { checks } from "../checks.js"
import { run } from "../run.js"

Object.assign(globalThis, { runChecks: (baseUrl: string) => run(checks, baseUrl, FetchHttpClient.layer) })
