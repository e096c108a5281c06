// Describes a photo API with a bearer token, cursor pages, an upload and a declared error, and tests it in memory.
import { FetchHttpClient } from "@effect/platform"
import { Console, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { Authoriser, Body, Credentials, Endpoint, Operation, Pagination } from "effect-herald"
import { deepStrictEqual, ok } from "node:assert"

// The API.
class Photos extends Authoriser.Tag("example/Photos")<Photos>() {}

const Photo = Schema.Struct({ id: Schema.Number, title: Schema.String, bytes: Schema.Number })

class InvalidPhoto extends Schema.TaggedError<InvalidPhoto>()("InvalidPhoto", {
  errors: Schema.Array(Schema.Struct({ field: Schema.String, problem: Schema.String }))
}) {}

const uploadPhoto = Operation.make(Photos, () =>
  Endpoint.post("/photos", {
    body: Body.multipart({ title: Schema.String, file: Body.file }),
    success: { 201: Photo },
    errors: { 422: InvalidPhoto }
  })
)

const listPhotos = Pagination.cursor(
  Operation.make(Photos, () =>
    Endpoint.get("/photos", {
      query: { limit: Schema.Number, cursor: Schema.optional(Schema.String) },
      success: Schema.Struct({ photos: Schema.Array(Photo), next: Schema.NullOr(Schema.String) })
    })
  ),
  { items: (page) => page.photos, next: (page) => page.next }
)

const live = (token: string) =>
  Photos.layer({ baseUrl: "https://photos.test", credentials: Credentials.bearer(Redacted.make(token)) })

// The test server, a function that takes the place of `fetch`.
const photos: Array<typeof Photo.Type> = []

const server = Layer.succeed(FetchHttpClient.Fetch, async (input, init) => {
  const request = new Request(input, init)
  if (request.headers.get("authorization") !== "Bearer secret") return new Response(null, { status: 401 })
  if (request.method === "GET") {
    const query = new URL(request.url).searchParams
    const [start, end] = [Number(query.get("cursor")), Number(query.get("cursor")) + Number(query.get("limit"))]
    return Response.json({ photos: photos.slice(start, end), next: end < photos.length ? `${end}` : null })
  }
  const form = await request.formData()
  const [title, file] = [form.get("title"), form.get("file")]
  if (typeof title !== "string" || title === "" || !(file instanceof File))
    return Response.json({ errors: [{ field: "title", problem: "is empty" }] }, { status: 422 })
  photos.push({ id: photos.length + 1, title, bytes: file.size })
  return Response.json(photos.at(-1), { status: 201 })
})

// The test.
const file = new File(["pixels"], "photo.jpg", { type: "image/jpeg" })
const upload = (title: string) => uploadPhoto({ body: { title, file } })

const test = Effect.gen(function* () {
  const uploaded = yield* Effect.forEach(["Dawn", "Noon", "Dusk"], upload)
  deepStrictEqual(uploaded[2], { id: 3, title: "Dusk", bytes: 6 })
  yield* Console.log(`uploaded ${uploaded.length} photos`)

  const pages = yield* Stream.runCollect(listPhotos.pages({ limit: 2 }))
  const titles = Array.from(pages, ({ items }) => items.map(({ title }) => title))
  deepStrictEqual(titles, [["Dawn", "Noon"], ["Dusk"]])
  yield* Console.log(`listed them in ${titles.length} pages`)

  const invalid = yield* Effect.flip(upload(""))
  ok(invalid instanceof InvalidPhoto)
  deepStrictEqual(invalid.errors, [{ field: "title", problem: "is empty" }])
  yield* Console.log("a photo without a title is refused with InvalidPhoto")

  const refused = yield* Effect.flip(upload("Night").pipe(Effect.provide(live("wrong"))))
  deepStrictEqual(refused._tag, "Unauthorized")
  yield* Console.log("a wrong token is refused with Unauthorized")
})

await test.pipe(Effect.provide([live("secret"), FetchHttpClient.layer, server]), Effect.runPromise)
