/** A request of an example, with the response that the API recorded. */
export interface Example {
  /** The method and the path template of its operation. */
  readonly method: string
  readonly path: string
  /** The path that was requested. */
  readonly target: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** The JSON of the request; undefined if it had none. */
  readonly body: unknown
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
}

interface RecordedRequest {
  readonly request_path: string
  readonly request_body: string | null
  readonly response_status: number
  readonly response_headers: Readonly<Record<string, string | number | null>> | null
  readonly response_body: string | null
}

interface Operation {
  readonly "x-examples"?: ReadonlyArray<{ readonly requests: ReadonlyArray<RecordedRequest> }> | null
}

/** The specification, as far as the server reads it. */
export interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Headers that the transport sets. */
const ofTransport = ["content-length", "transfer-encoding", "connection"]

const headersOf = (headers: RecordedRequest["response_headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) =>
      value === null || ofTransport.includes(name.toLowerCase())
        ? []
        : // A recorded list of values has line breaks.
          [[name.toLowerCase(), String(value).replaceAll("\n", ", ")]]
    )
  )

/** Fills in the placeholders of a path from the body: some requests were recorded with `:sync_id` in the path. */
const filled = (path: string, body: unknown): string =>
  path.replace(/(?::|%3A)(\w+)/g, (_, name: string) => {
    const key = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    return String((body as Record<string, unknown>)[key])
  })

/** Returns all recorded examples, in the order of the specification. */
export const examplesOf = ({ paths }: Specification): ReadonlyArray<Example> =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      (operation["x-examples"] ?? [])
        .flatMap(({ requests }) => requests)
        .map((request): Example => {
          const url = new URL(request.request_path)
          const body: unknown =
            request.request_body === null || request.request_body === "" ? undefined : JSON.parse(request.request_body)
          return {
            method: method.toUpperCase(),
            path,
            target: filled(url.pathname, body),
            query: [...url.searchParams],
            body,
            response: {
              status: request.response_status,
              headers: headersOf(request.response_headers),
              body: request.response_body ?? ""
            }
          }
        })
    )
  )
