/** The response of most benchmarks: an account of 17 fields, with its schemas. */
import * as Schema from "effect/Schema"
import { z } from "zod"

/** An account, as a server sends it. */
export const makeAccount = (index: number) => ({
  id: String(900719925474099300n + BigInt(index)),
  name: `Player ${String(index).padStart(9, "0")}`,
  discriminator: "0001",
  email: `player${index}@mail.example`,
  locale: "en-GB",
  country: "NO",
  bio: "Plays chess, runs marathons and keeps bees.",
  avatarUrl: "https://cdn.example/avatars/900719925474099300.png",
  createdAt: "2021-05-04T12:30:00.000Z",
  updatedAt: "2024-11-30T08:15:30.250Z",
  score: 1234.5,
  level: 42,
  rank: index + 1,
  posts: 318,
  verified: true,
  active: false,
  team: index % 4 === 0 ? null : 17
})

export const AccountSchema = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  discriminator: Schema.String,
  email: Schema.String,
  locale: Schema.String,
  country: Schema.String,
  bio: Schema.String,
  avatarUrl: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.String,
  score: Schema.Number,
  level: Schema.Number,
  rank: Schema.Number,
  posts: Schema.Number,
  verified: Schema.Boolean,
  active: Schema.Boolean,
  team: Schema.NullOr(Schema.Number)
})
export type Account = typeof AccountSchema.Type

export const accountZod = z.object({
  id: z.string(),
  name: z.string(),
  discriminator: z.string(),
  email: z.string(),
  locale: z.string(),
  country: z.string(),
  bio: z.string(),
  avatarUrl: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  score: z.number(),
  level: z.number(),
  rank: z.number(),
  posts: z.number(),
  verified: z.boolean(),
  active: z.boolean(),
  team: z.nullable(z.number())
})
