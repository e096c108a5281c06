import { json } from "../../../support/inProcess.js"

/** A team as the API writes it, with defaults for the fields that a test does not set. */
export const team = (id: number, more: object = {}) => ({
  id,
  name: `Team ${id}`,
  created_at: 1617278400,
  member_count: 0,
  awards: [],
  ...more
})

/** An account as the API writes it. */
export const account = (id: string, more: object = {}) => ({
  id,
  name: `Account ${id}`,
  discriminator: "0001",
  avatar_url: null,
  team: null,
  permissions: 0,
  created_at: 1617278400,
  awards: [],
  ...more
})

/** The API's response to a request for a page of these items. */
export const page = <A>(items: ReadonlyArray<A>, target: string) => {
  const query = new URL(target, "http://localhost").searchParams
  const number = Number(query.get("page") ?? 0)
  const size = Number(query.get("per_page") ?? 20)
  return json({
    page: number,
    per_page: size,
    pages: Math.ceil(items.length / size),
    results: items.length,
    data: items.slice(number * size, (number + 1) * size)
  })
}

/** Teams with the ids from 1 to `count`. */
export const teams = (count: number) => Array.from({ length: count }, (_, index) => team(index + 1))
