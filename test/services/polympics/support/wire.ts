import { json } from "./inProcess.js"

/** What the API writes of a team, with what a test does not care about filled in. */
export const team = (id: number, more: object = {}) => ({
  id,
  name: `Team ${id}`,
  created_at: 1617278400,
  member_count: 0,
  awards: [],
  ...more
})

/** What the API writes of an account. */
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

/** What the API answers to one who asks for a page of these. */
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

/** So many teams, from 1. */
export const teams = (count: number) => Array.from({ length: count }, (_, index) => team(index + 1))
