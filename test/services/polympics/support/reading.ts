import * as DateTime from "effect/DateTime"
import * as Redacted from "effect/Redacted"
import { Permissions } from "effect-herald/polympics"

/*
 * A second decoder of the API's JSON, in plain JavaScript, to compare with the library's schemas.
 */

/** Parses JSON, and keeps permissions and timestamps as the digits that the server wrote. */
const parse = (text: string): any =>
  JSON.parse(text.replace(/(?<!\\)"(permissions|created_at|expires_at)":(-?[\d.]+)/g, '"$1":"$2"'))

/** Converts decimal seconds to the nearest millisecond, by their digits. */
const millis = (seconds: string): number => {
  const [whole = "", fraction = ""] = seconds.split(".")
  return Number((BigInt(whole + fraction.padEnd(6, "0").slice(0, 6)) + 500n) / 1000n)
}

const award = (read: any) => ({ id: read.id, title: read.title, imageUrl: read.image_url })

const team = (read: any): unknown =>
  read === null
    ? null
    : {
        id: read.id,
        name: read.name,
        createdAt: millis(read.created_at),
        memberCount: read.member_count,
        awards: read.awards.map(award)
      }

const account = (read: any) => ({
  id: read.id,
  name: read.name,
  discriminator: read.discriminator,
  avatarUrl: read.avatar_url,
  team: team(read.team),
  permissions: BigInt(read.permissions),
  createdAt: millis(read.created_at),
  awards: read.awards.map(award)
})

const page = (item: (read: any) => unknown) => (read: any) => ({
  page: read.page,
  perPage: read.per_page,
  pages: read.pages,
  results: read.results,
  data: read.data.map(item)
})

const from = (read: (json: any) => unknown) => (text: string) => read(parse(text))

export const readings = {
  account: from(account),
  accountPage: from(page(account)),
  app: from((read) => ({ name: read.name, username: read.username, permissions: BigInt(read.permissions) })),
  award: from(award),
  awardDetails: from((read) => ({
    award: award(read.award),
    awardees: read.awardees.map(account),
    team: team(read.team)
  })),
  nothing: () => undefined,
  session: from((read) => ({
    username: read.username,
    password: read.password,
    expiresAt: millis(read.expires_at)
  })),
  signups: from((read) => read.signups_open),
  team: from(team),
  teamPage: from(page(team))
} as const

/** Converts the result of an operation to the same plain values. */
export const plain = (value: unknown): unknown => {
  if (DateTime.isDateTime(value)) return DateTime.toEpochMillis(value)
  if (value instanceof Permissions.Permissions) return value.mask
  if (Redacted.isRedacted(value)) return Redacted.value(value)
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
    : value
}
