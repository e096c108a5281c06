/**
 * Rows as JSON text. The API's integers have 64 bits, and its times are in microseconds. `JSON.stringify` can't write integers
 * beyond 2^53, and the schemas round times to milliseconds.
 */
import type { Account, App, Award, Callback, Micros, Session, Team } from "./state.js"

const string = (text: string): string => JSON.stringify(text)

/** Decimal seconds, with a fraction even if it is zero. */
const seconds = (micros: Micros): string => {
  const value = micros / 1_000_000
  return Number.isInteger(value) ? `${value}.0` : `${value}`
}

const list = <A>(items: Iterable<A>, item: (row: A) => string): string => {
  let text = ""
  for (const row of items) text += text === "" ? item(row) : `,${item(row)}`
  return `[${text}]`
}

export const award = (row: Award): string =>
  `{"id":${row.id},"title":${string(row.title)},"image_url":${string(row.imageUrl)}}`

export const team = (row: Team): string =>
  `{"id":${row.id},"name":${string(row.name)},"created_at":${seconds(row.createdAt)}` +
  `,"member_count":${row.memberCount},"awards":${list(row.awards, award)}}`

const teamOrNull = (row: Team | undefined): string => (row === undefined ? "null" : team(row))

export const account = (row: Account): string =>
  `{"id":"${row.id}","name":${string(row.name)},"discriminator":${string(row.discriminator)}` +
  `,"avatar_url":${row.avatarUrl === null ? "null" : string(row.avatarUrl)},"team":${teamOrNull(row.team)}` +
  `,"permissions":${row.permissions},"created_at":${seconds(row.createdAt)},"awards":${list(row.awards ?? [], award)}}`

export const awardDetails = (row: Award): string =>
  `{"award":${award(row)},"awardees":${list(row.accounts, account)},"team":${teamOrNull(row.team)}}`

export const callback = (row: Callback): string =>
  `{"id":${row.id},"event":${string(row.event)},"url":${string(row.url)}}`

export const callbacks = (rows: ReadonlyArray<Callback>): string =>
  JSON.stringify({ callbacks: Object.fromEntries(rows.map(({ event, url }) => [event, url])) })

export const session = (row: Session): string =>
  `{"username":"S${row.id}","password":${string(row.password)},"expires_at":${seconds(row.expiresAt)}}`

export const app = (row: App): string =>
  `{"name":${string(row.name)},"permissions":${row.permissions},"username":"A${row.id}"}`

export const appCredentials = (row: App): string => `${app(row).slice(0, -1)},"password":${string(row.password)}}`

export const signups = (open: boolean): string => `{"signups_open":${open}}`

/**
 * The event that an account moves to its team. The real server makes it after it has set the request's name, discriminator, avatar and
 * team, and before it sets permissions, takes over the user of a Discord token, and counts the members of the teams anew.
 */
export const teamUpdate = (row: Account): string => `{"account":${account(row)},"team":${teamOrNull(row.team)}}`

export const page = <A>(
  page: bigint,
  perPage: bigint,
  results: number,
  rows: ReadonlyArray<A>,
  item: (row: A) => string
): string =>
  `{"page":${page},"per_page":${perPage},"pages":${(BigInt(results) + perPage - 1n) / perPage},"results":${results}` +
  `,"data":${list(rows, item)}}`
