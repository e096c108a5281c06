/** Ways to decode a page of accounts of several kinds. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, ManagedRuntime, Schema } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { z } from "zod"
import { AccountSchema, accountZod, makeAccount } from "./account.js"
import { decode, pageSize, unchecked } from "./decoderNames.js"
import { type Contender, fromFunction, type Groups } from "./slices.js"

/** A kind of account: its name, accounts as they are sent, and the schemas that decode them. */
interface Kind {
  readonly name: string
  readonly make: (index: number) => unknown
  readonly schema: Schema.Schema<any, any>
  readonly zod: z.ZodType
}

const { fields } = AccountSchema

const Id = Schema.String.pipe(Schema.pattern(/^\d{1,19}$/), Schema.brand("Id"))
const Name = Schema.NonEmptyString.pipe(Schema.maxLength(255), Schema.brand("Name"))
const Count = Schema.Int.pipe(Schema.nonNegative(), Schema.brand("Count"))
const zodId = z
  .string()
  .regex(/^\d{1,19}$/)
  .brand<"Id">()
const zodName = z.string().min(1).max(255).brand<"Name">()
const zodCount = z.int().min(0).brand<"Count">()

const renamed = (index: number) => {
  const { avatarUrl, createdAt, updatedAt, ...rest } = makeAccount(index)
  return { ...rest, avatar_url: avatarUrl, created_at: createdAt, updated_at: updatedAt }
}

const without = (index: number) => {
  const { bio: _, ...rest } = makeAccount(index)
  return index % 2 === 0 ? rest : makeAccount(index)
}

const award = { id: 3, title: "First", image_url: "https://cdn.example/awards/3.png" }

const polympics = (index: number) => ({
  id: String(900719925474099300n + BigInt(index)),
  name: `Player ${index}`,
  discriminator: "0001",
  avatar_url: "https://cdn.discordapp.com/avatars/900719925474099300.png",
  team: { id: 7, name: "Team 7", created_at: 1620131400.25, member_count: 12, awards: [] },
  permissions: 5,
  created_at: 1620131400.123456,
  awards: [award]
})

const zodTime = z.number().transform((seconds) => new Date(seconds * 1000))
const zodAward = z.object({ id: z.int().positive(), title: z.string(), image_url: z.string() })

const kinds: ReadonlyArray<Kind> = [
  { name: "flat", make: makeAccount, schema: AccountSchema, zod: accountZod },
  {
    name: "brands",
    make: makeAccount,
    schema: Schema.Struct({ ...fields, id: Id, name: Name, level: Count, rank: Count, posts: Count }),
    zod: accountZod.extend({ id: zodId, name: zodName, level: zodCount, rank: zodCount, posts: zodCount })
  },
  {
    name: "DateTimeUtc",
    make: makeAccount,
    schema: Schema.Struct({ ...fields, createdAt: Schema.DateTimeUtc, updatedAt: Schema.DateTimeUtc }),
    zod: accountZod.extend({
      createdAt: z.iso.datetime().transform((text) => new Date(text)),
      updatedAt: z.iso.datetime().transform((text) => new Date(text))
    })
  },
  {
    name: "renamed keys",
    make: renamed,
    schema: Schema.Struct({
      ...fields,
      avatarUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("avatar_url")),
      createdAt: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("created_at")),
      updatedAt: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("updated_at"))
    }),
    zod: accountZod
      .omit({ avatarUrl: true, createdAt: true, updatedAt: true })
      .extend({ avatar_url: z.string(), created_at: z.string(), updated_at: z.string() })
      .transform(({ avatar_url, created_at, updated_at, ...rest }) => ({
        ...rest,
        avatarUrl: avatar_url,
        createdAt: created_at,
        updatedAt: updated_at
      }))
  },
  {
    name: "optionalWith",
    make: without,
    schema: Schema.Struct({
      ...fields,
      bio: Schema.optionalWith(Schema.String, { default: () => "" }),
      team: Schema.optionalWith(Schema.Number, { nullable: true, as: "Option" }),
      email: Schema.optionalWith(Schema.String, { exact: true })
    }),
    zod: accountZod.extend({
      bio: z.string().default(""),
      team: z.number().nullish(),
      email: z.string().optional()
    })
  },
  {
    name: "Polympics",
    make: polympics,
    schema: Polympics.Account,
    zod: z
      .object({
        id: zodId,
        name: z.string(),
        discriminator: z.string(),
        avatar_url: z.nullable(z.string()),
        team: z.nullable(
          z.object({
            id: z.int().positive(),
            name: z.string(),
            created_at: zodTime,
            member_count: z.int(),
            awards: z.array(zodAward)
          })
        ),
        permissions: z.int().transform((mask) => BigInt(mask)),
        created_at: zodTime,
        awards: z.array(zodAward)
      })
      .transform(({ avatar_url, created_at, ...rest }) => ({ ...rest, avatarUrl: avatar_url, createdAt: created_at }))
  }
]

class Api extends Authoriser.Tag("bench/Decoders")<Api>() {}

/** A call to an `HttpClient` in memory that returns a text. */
const called = (name: string, text: string, success: Schema.Schema<any, any>): Contender => {
  const client = HttpClient.make((request) =>
    Effect.sync(() =>
      HttpClientResponse.fromWeb(request, new Response(text, { headers: { "content-type": "application/json" } }))
    )
  )
  const get = Operation.make(Api, () => Endpoint.get("/accounts", { success }))
  const runtime = ManagedRuntime.make(
    Layer.merge(Api.layer({ baseUrl: "http://127.0.0.1" }), Layer.succeed(HttpClient.HttpClient, client))
  )
  return {
    name,
    run: (calls) => runtime.runPromise(Effect.replicateEffect(get(), calls, { discard: true }))
  }
}

/** Groups by kind: `JSON.parse`, Schema, zod, and calls that return a page, with and without a schema. */
export const decoders = (): Groups =>
  Object.fromEntries(
    kinds.map(({ make, name, schema, zod }) => {
      const accounts = Array.from({ length: pageSize }, (_, index) => make(index))
      const text = JSON.stringify(accounts)
      const decodeBySchema = Schema.decodeUnknownSync(Schema.Array(schema))
      const list = z.array(zod)
      return [
        name,
        [
          fromFunction("JSON.parse", () => JSON.parse(text) as unknown),
          fromFunction("Schema", () => decodeBySchema(accounts)),
          fromFunction("zod", () => list.parse(accounts)),
          called(unchecked, text, Schema.Unknown),
          called(decode, text, Schema.Array(schema))
        ]
      ]
    })
  )
