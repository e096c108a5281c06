import { type Behaviour, json, type Received, respond } from "../scripted.js"

/** A job of the server. */
export interface Job {
  /** The states of a run, one for each time that it is read. The last one remains. */
  readonly states: ReadonlyArray<string>
  /** The messages of its log, of which each state adds one. */
  readonly logs?: ReadonlyArray<string>
  /** The error of a run that failed. */
  readonly error?: string
}

interface Run {
  readonly id: number
  readonly job: Job
  reads: number
  cancelled: boolean
}

const path = /^\/jobs\/(\d+)\/runs(?:\/(\d+)(\/logs)?)?\/?$/

const finished = ["succeeded", "failed", "cancelled"]

const notFound = json(
  { error: "not_found", errorDescription: "The requested resource could not be found.", code: 404 },
  { status: 404 }
)

/** Makes the part of the server that runs jobs. Undefined for other paths, and for jobs that are not its own. */
export const makeJobs = (jobs: Readonly<Record<number, Job>>) => {
  const runs = new Map<string, Run>()
  let lastRun = 100

  const stateOf = ({ cancelled, job, reads }: Run): string =>
    cancelled ? "cancelled" : (job.states[Math.min(reads, job.states.length - 1)] ?? "succeeded")

  const describe = (run: Run) => {
    const state = stateOf(run)
    return {
      id: run.id,
      state,
      isCancelRequested: run.cancelled,
      startedAt: "2026-04-17T17:29:45.000Z",
      finishedAt: finished.includes(state) ? "2026-04-17T17:30:45.000Z" : null,
      error: state === "failed" ? (run.job.error ?? null) : null
    }
  }

  const logs = (run: Run, search: URLSearchParams): Behaviour => {
    const isFinished = finished.includes(stateOf(run))
    const all = (run.job.logs ?? []).slice(0, isFinished ? undefined : run.reads).map((message, index) => ({
      id: index + 1,
      createdAt: `2026-04-17T17:29:${String(index).padStart(2, "0")}.000Z`,
      message,
      level: "info"
    }))
    const limit = Number(search.get("limit") ?? 100)
    const lastId = search.get("last_id")
    const headers: Record<string, string> = { "civis-cache-control": isFinished ? "private" : "no-store" }
    if (all.length > 0) headers["civis-max-id"] = String(all.length)
    // Without `last_id` the messages are the latest ones, the newest first.
    const page = lastId === null ? all.toReversed() : all.filter(({ id }) => id > Number(lastId))
    return json(page.slice(0, limit), { headers })
  }

  return ({ method, target }: Received): Behaviour | undefined => {
    const url = new URL(target, "http://civis.test")
    const [, jobId = "", runId, isLogs] = path.exec(url.pathname) ?? []
    const job = jobs[Number(jobId)]
    if (jobId === "" || job === undefined) return undefined
    if (runId === undefined) {
      if (method === "GET") {
        const own = [...runs].flatMap(([key, run]) => (key.startsWith(`${jobId}/`) ? [describe(run)] : []))
        return json(own.toReversed())
      }
      lastRun += 1
      const run: Run = { id: lastRun, job, reads: 0, cancelled: false }
      runs.set(`${jobId}/${run.id}`, run)
      return json(describe(run), { status: 201 })
    }
    const run = runs.get(`${jobId}/${runId}`)
    if (run === undefined) return notFound
    if (isLogs !== undefined) return logs(run, url.searchParams)
    if (method === "DELETE") {
      run.cancelled = true
      return respond({ status: 202 })
    }
    run.reads += 1
    return json(describe(run))
  }
}
