import { mkdtempSync, writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Io } from "../../cli/src/Io.js"
import { main } from "../../cli/src/main.js"

/** The surroundings of a command that a test runs. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly stdin?: string | Uint8Array | undefined
  /** The columns of the terminal. Default: the outputs are pipes. */
  readonly columns?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly bytes: Uint8Array
  readonly err: string
}

/** Runs the command in this process. */
export const herald = (args: ReadonlyArray<string>, surroundings: Surroundings = {}): Effect.Effect<Ran> =>
  Effect.promise(async () => {
    const { columns, env = {}, signal = new AbortController().signal, stdin = "" } = surroundings
    const out: Array<Uint8Array> = []
    const err: Array<Uint8Array> = []
    const output = (pieces: Array<Uint8Array>) => ({
      isTerminal: columns !== undefined,
      columns,
      write: async (data: string | Uint8Array) => void pieces.push(Buffer.from(data))
    })
    const io: Io = {
      env,
      signal,
      stdin: (async function* () {
        yield Buffer.from(stdin)
      })(),
      stdout: output(out),
      stderr: output(err)
    }
    const code = await main(args, io)
    const bytes = Buffer.concat(out)
    return { code, bytes, out: bytes.toString(), err: Buffer.concat(err).toString() }
  })

/** A directory that is removed when the scope closes. */
export const directory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "herald-cli-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Writes a file, and returns its path. */
export const file = (directory: string, name: string, content: unknown): string => {
  const path = join(directory, name)
  writeFileSync(path, typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content))
  return path
}

const pet = { $ref: "#/components/schemas/Pet" }
const jsonOf = (schema: unknown) => ({ "application/json": { schema } })
const id = {
  name: "petId",
  in: "path",
  required: true,
  schema: { type: "integer" },
  description: "The number of the pet."
}

/** The document of an API of pets. */
export const petsDocument = {
  openapi: "3.1.0",
  info: { title: "Pets", version: "1.0.0" },
  servers: [{ url: "http://127.0.0.1:1/{version}", variables: { version: { default: "v1", enum: ["v1", "v2"] } } }],
  tags: [{ name: "pets", description: "All about **pets**.\n\nMore." }],
  paths: {
    "/pets": {
      get: {
        tags: ["pets"],
        operationId: "pets/list",
        summary: "Lists pets",
        parameters: [
          { name: "status", in: "query", schema: { type: "array", items: { enum: ["available", "pending", "sold"] } } },
          { name: "page_num", in: "query", schema: { type: "integer" } },
          { name: "include", in: "query", schema: { type: "string" } },
          { name: "archived", in: "query", schema: { type: "boolean" } },
          { name: "filter[name]", in: "query", schema: { type: "string" } },
          { name: "since", in: "query", deprecated: true, schema: { type: "string", format: "date" } },
          { name: "X-Trace", in: "header", schema: { type: "string" } }
        ],
        responses: {
          200: {
            description: "A page of pets.",
            headers: { Link: { schema: { type: "string" } } },
            content: jsonOf({ type: "array", items: pet })
          }
        }
      },
      post: {
        tags: ["pets"],
        operationId: "pets/add",
        summary: "Adds a pet",
        requestBody: { required: true, content: jsonOf(pet) },
        security: [{ api_key: [] }],
        responses: { 201: { description: "The pet.", content: jsonOf(pet) } }
      }
    },
    "/pets/{petId}": {
      get: {
        tags: ["pets"],
        operationId: "pets/get",
        summary: "Gets a pet",
        description: "Gets a pet by its number.",
        parameters: [id],
        responses: { 200: { description: "The pet.", content: jsonOf(pet) } }
      },
      delete: {
        tags: ["pets"],
        operationId: "pets/remove",
        deprecated: true,
        parameters: [id],
        responses: { 204: { description: "Removed." } }
      }
    },
    "/pets/{petId}/photo": {
      get: {
        tags: ["photos"],
        operationId: "photos/get",
        parameters: [id],
        responses: {
          200: { description: "The photo.", content: { "image/png": { schema: { type: "string", format: "binary" } } } }
        }
      },
      put: {
        tags: ["photos"],
        operationId: "photos/put",
        parameters: [id],
        requestBody: {
          required: true,
          content: {
            "multipart/form-data": {
              schema: {
                type: "object",
                properties: { photo: { type: "string", format: "binary" }, caption: { type: "string" } }
              }
            }
          }
        },
        responses: { 204: { description: "Stored." } }
      }
    }
  },
  components: {
    securitySchemes: {
      api_key: { type: "apiKey", in: "header", name: "X-Key" }
    },
    schemas: {
      Pet: {
        type: "object",
        required: ["name"],
        properties: {
          id: { type: "integer", readOnly: true },
          name: { type: "string", description: "The pet's name." },
          status: { enum: ["available", "pending", "sold"] },
          tags: { type: "array", items: { type: "string" } },
          weight: { type: "number" },
          vaccinated: { type: "boolean" },
          owner: { type: "object", properties: { name: { type: "string" } } }
        }
      }
    }
  }
}
