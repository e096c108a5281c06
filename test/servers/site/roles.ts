import { checked, integer, maxInt64, read, required, snowflake, string } from "./fields.js"
import { type Call, created, found, idOf, json, noContent, ok, type Row } from "./row.js"
import type { Role, State } from "./state.js"

const specs = (state: State, own?: bigint) => ({
  id: required(
    checked(snowflake, (id) => (id !== own && state.roles.has(id) ? "role with this ID already exists." : undefined))
  ),
  name: required(string({ max: 100 })),
  colour: required(integer({ min: 0n, max: 2147483647n })),
  permissions: required(integer({ min: 0n, max: maxInt64 })),
  position: required(integer({ min: -2147483648n, max: 2147483647n }))
})

const one = (call: Call): Role => found(call.state.roles, idOf(call), "Role")

const change = (call: Call, mode: "replace" | "update") => {
  const role = one(call)
  // The id is the key: another one is another row.
  const changed = { ...role, ...read(specs(call.state, role.id), call.body(), mode) }
  call.state.roles.set(changed.id, changed)
  return ok(json(changed))
}

export const roles: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/roles",
    statuses: [200],
    handle: ({ state }) => ok([...state.roles.values()].toSorted((a, b) => Number(b.position - a.position)).map(json))
  },
  {
    method: "POST",
    path: "bot/roles",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const role = read(specs(call.state), call.body(), "replace") as Role
      call.state.roles.set(role.id, role)
      return created(json(role))
    }
  },
  { method: "GET", path: "bot/roles/{id}", statuses: [200, 404], handle: (call) => ok(json(one(call))) },
  {
    method: "PUT",
    path: "bot/roles/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => change(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/roles/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => change(call, "update")
  },
  {
    method: "DELETE",
    path: "bot/roles/{id}",
    statuses: [204, 404],
    handle: (call) => {
      const { id } = one(call)
      call.state.roles.delete(id)
      for (const user of call.state.users.values()) {
        if (user.roles.includes(id)) user.roles = user.roles.filter((role) => role !== id)
      }
      return noContent
    }
  }
]
