import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "./scripted.js"
import * as SiteServer from "./site/index.js"

const seed: SiteServer.Seed = {
  roles: [
    { id: 10n, position: 1n },
    { id: 11n, position: 2n }
  ],
  users: [1n, 2n, 3n, 409107086526644234n].map((id) => ({ id }))
}

interface Sent {
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent as it is, with the media type of JSON. */
  readonly body?: string
}

const connect = (options: SiteServer.Options = {}) =>
  Effect.map(SiteServer.make({ seed, ...options }), (site) => {
    const call = (method: string, path: string, { body, headers = {}, token = SiteServer.token }: Sent = {}) =>
      Effect.promise(async () => {
        const response = await fetch(`${site.url}/${path}`, {
          method,
          redirect: "manual",
          headers: {
            ...(token === null ? {} : { authorization: `Token ${token}` }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...headers
          },
          ...(body === undefined ? {} : { body })
        })
        return { status: response.status, headers: response.headers, text: await response.text() }
      })
    return {
      ...site,
      call,
      /** Sends a request, and expects a status and a body, as text. */
      expect: (method: string, path: string, body: string | undefined, status: number, text: string | RegExp) =>
        Effect.map(call(method, path, body === undefined ? {} : { body }), (response) => {
          const name = `${method} ${path} ${body ?? ""}: ${response.text}`
          assert.strictEqual(response.status, status, name)
          if (typeof text === "string") assert.strictEqual(response.text, text, name)
          else assert.match(response.text, text, name)
        })
    }
  })

const user1 = '{"id":1,"name":"user 1","display_name":"","discriminator":0,"roles":[],"in_guild":true}'

describe("the site server", () => {
  it.scoped("responds to bad tokens with 401, and to writes without a permission with 403", () =>
    Effect.gen(function* () {
      const { call } = yield* connect()
      const texts = [
        [undefined, '{"detail":"Authentication credentials were not provided."}'],
        ["Bearer a", '{"detail":"Authentication credentials were not provided."}'],
        ["Token unknown", '{"detail":"Invalid token."}'],
        ["Token", '{"detail":"Invalid token header. No credentials provided."}']
      ] as const
      for (const [authorization, text] of texts) {
        const response = yield* call("GET", "bot/users", {
          token: null,
          headers: authorization === undefined ? {} : { authorization }
        })
        assert.deepStrictEqual([response.status, response.text], [401, text])
        assert.strictEqual(response.headers.get("www-authenticate"), "Token")
        const open = yield* call("GET", "healthcheck", {
          token: null,
          headers: authorization === undefined ? {} : { authorization }
        })
        assert.deepStrictEqual([open.status, open.text], [200, '{"status":"ok"}'])
      }
      const { readOnlyToken: token } = SiteServer
      assert.strictEqual((yield* call("GET", "bot/users", { token })).status, 200)
      const denied = yield* call("DELETE", "bot/users/1", { token })
      assert.deepStrictEqual(
        [denied.status, denied.text],
        [403, '{"detail":"You do not have permission to perform this action."}']
      )
    })
  )

  it.scoped("tells routes, methods and media types that it has not", () =>
    Effect.gen(function* () {
      const { call, expect } = yield* connect()
      yield* expect("GET", "bot/users/", undefined, 404, /<h1>Not Found<\/h1>/)
      yield* expect("GET", "nothing", undefined, 404, /<h1>Not Found<\/h1>/)
      yield* expect("GET", "bot/users/99", undefined, 404, '{"detail":"No User matches the given query."}')
      yield* expect("GET", "bot/users/abc", undefined, 404, '{"detail":"Not found."}')
      yield* expect("GET", "bot/users/1.5", undefined, 404, '{"detail":"Not found."}')
      const wrong = yield* call("DELETE", "bot/users")
      assert.strictEqual(wrong.status, 405)
      assert.strictEqual(wrong.headers.get("allow"), "GET, POST, HEAD, OPTIONS")
      assert.strictEqual(wrong.text, '{"detail":"Method \\"DELETE\\" not allowed."}')
      assert.strictEqual((yield* call("GET", "bot/roles", { headers: { accept: "image/png" } })).status, 406)
      const page = yield* call("GET", "bot/roles", { headers: { accept: "text/html" } })
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
      const type = yield* call("POST", "bot/roles", { body: "{}", headers: { "content-type": "text/plain" } })
      assert.deepStrictEqual(
        [type.status, type.text],
        [415, '{"detail":"Unsupported media type \\"text/plain\\" in request."}']
      )
      yield* expect(
        "POST",
        "bot/roles",
        '{"id" 1}',
        400,
        '{"detail":"JSON parse error - Expecting \':\' delimiter: line 1 column 7 (char 6)"}'
      )
    })
  )

  it.scoped("pages through users", () =>
    Effect.gen(function* () {
      const users = Array.from({ length: 25_000 }, (_, index) => ({ id: 2n ** 62n + BigInt(index) }))
      const { call, expect } = yield* connect({ seed: { users } })
      const first = yield* call("GET", "bot/users")
      const page = SiteServer.parse(first.text) as { readonly [key: string]: unknown }
      assert.deepStrictEqual([page.count, page.next_page_no, page.previous_page_no], [25_000n, 2n, null])
      const results = page.results as ReadonlyArray<{ readonly id: bigint }>
      assert.strictEqual(results.length, 2500)
      assert.strictEqual(results[1]?.id, 2n ** 62n + 1n)
      yield* expect(
        "GET",
        "bot/users?page=last&page_size=24999",
        undefined,
        200,
        /^{"count":25000,"next_page_no":null,"previous_page_no":1,/
      )
      yield* expect("GET", "bot/users?page=11", undefined, 404, '{"detail":"Invalid page."}')
      yield* expect("GET", "bot/users?discriminator=x", undefined, 400, '{"discriminator":["Enter a number."]}')
    })
  )

  it.scoped("creates users", () =>
    Effect.gen(function* () {
      const { expect, state } = yield* connect()
      yield* expect(
        "POST",
        "bot/users",
        '{"id":"409107086526644235","name":" a ","discriminator":7,"roles":["10"],"x":1}',
        201,
        '{"id":409107086526644235,"name":"a","display_name":"","discriminator":7,"roles":[10],"in_guild":true}'
      )
      yield* expect(
        "POST",
        "bot/users",
        '{"id":1,"name":"a","discriminator":7}',
        400,
        '{"id":["User with ID already present."]}'
      )
      yield* expect(
        "POST",
        "bot/users",
        '{"id":4.09e17,"name":" ","discriminator":10000,"roles":[8,10,9]}',
        400,
        '{"id":["A valid integer is required."],"name":["This field may not be blank."],"discriminator":["Ensure this value is less than or equal to 9999."],"roles":["Role with ID 8 does not exist","Role with ID 9 does not exist"]}'
      )
      yield* expect(
        "POST",
        "bot/users",
        '{"id":9223372036854775808,"name":"a","discriminator":7}',
        500,
        /<h1>Server Error \(500\)<\/h1>/
      )
      yield* expect(
        "POST",
        "bot/users",
        '[{"id":1,"name":"other","discriminator":1},{"id":5,"name":"a","discriminator":1}]',
        201,
        "[]"
      )
      assert.deepStrictEqual([state.users.get(1n)?.name, state.users.get(5n)?.name], ["user 1", "a"])
      yield* expect("POST", "bot/users", "[]", 201, "[]")
      yield* expect(
        "POST",
        "bot/users",
        '[{"id":6,"name":"a","discriminator":1},{"id":7,"discriminator":1}]',
        400,
        '[{},{"name":["This field is required."]}]'
      )
      yield* expect(
        "POST",
        "bot/users",
        '[{"id":7,"name":"a","discriminator":1},{"id":7,"name":"a","discriminator":1}]',
        400,
        '{"id":["User with ID 7 given multiple times."]}'
      )
    })
  )

  it.scoped("changes users", () =>
    Effect.gen(function* () {
      const { expect } = yield* connect()
      yield* expect("PUT", "bot/users/1", '{"id":1,"name":"b"}', 400, '{"discriminator":["This field is required."]}')
      yield* expect(
        "PUT",
        "bot/users/1",
        '{"id":1,"name":"b","discriminator":3}',
        200,
        '{"id":1,"name":"b","display_name":"","discriminator":3,"roles":[],"in_guild":true}'
      )
      yield* expect("PATCH", "bot/users/1", '{"name":"user 1","discriminator":0,"alts":[5]}', 200, user1)
      yield* expect("PATCH", "bot/users/bulk_patch", "[]", 500, /Server Error/)
      yield* expect(
        "PATCH",
        "bot/users/bulk_patch",
        '[{"id":1}]',
        400,
        '{"non_field_errors":["Insufficient data provided."]}'
      )
      yield* expect("PATCH", "bot/users/bulk_patch", '[{"name":"a"}]', 400, '{"id":["This field is required."]}')
      yield* expect(
        "PATCH",
        "bot/users/bulk_patch",
        '[{"id":1,"name":"a"},{"id":1,"name":"b"}]',
        400,
        '{"id":["User with ID 1 given multiple times."]}'
      )
      yield* expect(
        "PATCH",
        "bot/users/bulk_patch",
        '[{"id":1,"name":"a"},{"id":77,"name":"b"}]',
        404,
        '{"detail":"User with id 77 not found."}'
      )
      yield* expect("PATCH", "bot/users/bulk_patch", '[{"id":1,"name":"user 1"}]', 200, `[${user1}]`)
      yield* expect("DELETE", "bot/users/2", undefined, 204, "")
      yield* expect("DELETE", "bot/users/2", undefined, 404, '{"detail":"No User matches the given query."}')
    })
  )

  it.scoped("relates accounts both ways", () =>
    Effect.gen(function* () {
      const { expect } = yield* connect({ now: () => Date.parse("2024-05-06T07:08:09Z") })
      const alt = '{"target":409107086526644234,"context":"c","actor":2}'
      yield* expect("POST", "bot/users/1/alts", alt, 204, "")
      yield* expect(
        "POST",
        "bot/users/1/alts",
        alt,
        400,
        '{"non_field_errors":["The fields source, target must make a unique set."]}'
      )
      yield* expect(
        "POST",
        "bot/users/1/alts",
        '{"target":1,"context":"c","actor":2}',
        400,
        '{"source":["The user may not be an alternate account of itself"]}'
      )
      yield* expect(
        "POST",
        "bot/users/1/alts",
        '{"target":99,"context":"c","actor":2}',
        400,
        '{"target":["Invalid pk \\"99\\" - object does not exist."]}'
      )
      yield* expect(
        "GET",
        "bot/users/409107086526644234",
        undefined,
        200,
        /"alts":\[{"source":409107086526644234,"target":1,"actor":2,"context":"c","created_at":"2024-05-06T07:08:09Z","updated_at":"2024-05-06T07:08:09Z","alts":\[409107086526644234\]}\]}$/
      )
      yield* expect("PATCH", "bot/users/1/alts", '{"target":409107086526644234,"context":"d"}', 204, "")
      yield* expect(
        "PATCH",
        "bot/users/1/alts",
        '{"target":3,"context":"d"}',
        400,
        '{"target":["User is not an associated alt account"]}'
      )
      yield* expect("PATCH", "bot/users/1/alts", '{"target":"x","context":"d"}', 500, /Server Error/)
      yield* expect(
        "DELETE",
        "bot/users/1/alts",
        '"409107086526644234"',
        400,
        '{"non_field_errors":["Request body should be an integer"]}'
      )
      yield* expect(
        "DELETE",
        "bot/users/1/alts",
        "409107086526644235",
        400,
        '{"non_field_errors":["Specified account is not a known alternate account of this user"]}'
      )
      yield* expect("DELETE", "bot/users/1/alts", "409107086526644234", 204, "")
    })
  )

  it.scoped("keeps roles, and duplicates one whose id changes", () =>
    Effect.gen(function* () {
      const { expect, state } = yield* connect()
      const role = '{"id":12,"name":"r","colour":1,"permissions":9223372036854775807,"position":3}'
      yield* expect("POST", "bot/roles", role, 201, role)
      yield* expect("POST", "bot/roles", role, 400, '{"id":["role with this ID already exists."]}')
      yield* expect("GET", "bot/roles", undefined, 200, /^\[{"id":12,.*{"id":11,.*{"id":10,/)
      yield* expect("PATCH", "bot/roles/12", '{"id":13}', 200, role.replace("12", "13"))
      assert.isTrue(state.roles.has(12n) && state.roles.has(13n))
      yield* expect("PATCH", "bot/users/1", '{"roles":[12,13]}', 200, /"roles":\[12,13\]/)
      yield* expect("DELETE", "bot/roles/12", undefined, 204, "")
      assert.deepStrictEqual(state.users.get(1n)?.roles, [13n])
    })
  )

  it.scoped("keeps infractions, and their rules of types on creation only", () =>
    Effect.gen(function* () {
      const { expect } = yield* connect({ now: () => Date.parse("2024-05-06T07:08:09.5Z") })
      const ban =
        '{"user":1,"actor":409107086526644234,"type":"ban","active":true,"expires_at":"2030-01-01T02:00:00+02:00","reason":"  r "}'
      yield* expect(
        "POST",
        "bot/infractions",
        ban,
        201,
        '{"id":1,"inserted_at":"2024-05-06T07:08:09.500000Z","last_applied":"2024-05-06T07:08:09.500001Z","expires_at":"2030-01-01T00:00:00Z","active":true,"user":1,"actor":409107086526644234,"type":"ban","reason":"r","hidden":false,"dm_sent":null,"jump_url":null}'
      )
      yield* expect(
        "POST",
        "bot/infractions",
        ban,
        400,
        '{"non_field_errors":["The fields user, type must make a unique set."]}'
      )
      const make = (type: string, more: string) => `{"user":1,"actor":2,"type":"${type}",${more}}`
      yield* expect(
        "POST",
        "bot/infractions",
        make("warning", '"active":true'),
        400,
        '{"active":["warning infractions cannot be active."]}'
      )
      yield* expect(
        "POST",
        "bot/infractions",
        make("kick", '"active":false,"expires_at":"2030-01-01"'),
        400,
        '{"expires_at":["kick infractions cannot expire."]}'
      )
      yield* expect(
        "POST",
        "bot/infractions",
        make("superstar", '"active":true,"hidden":true'),
        400,
        '{"hidden":["superstar infractions cannot be hidden."]}'
      )
      yield* expect(
        "POST",
        "bot/infractions",
        make("note", '"active":false'),
        400,
        '{"hidden":["note infractions must be hidden."]}'
      )
      yield* expect(
        "POST",
        "bot/infractions",
        make("ban", '"actor":404'),
        400,
        '{"active":["This field is required."],"actor":["Invalid pk \\"404\\" - object does not exist."]}'
      )
      yield* expect(
        "POST",
        "bot/infractions/expanded",
        make("warning", '"active":false'),
        201,
        /"user":{"id":1,.*"alts":\[\]},"actor":{"id":2,/
      )
      yield* expect("PATCH", "bot/infractions/2", '{"active":true}', 200, /"active":true/)
      yield* expect("PATCH", "bot/infractions/2", '{"type":"ban"}', 400, '{"type":["This field cannot be updated."]}')
      yield* expect(
        "GET",
        "bot/infractions?type=x",
        undefined,
        400,
        '{"type":["Select a valid choice. x is not one of the available choices."]}'
      )
      yield* expect("GET", "bot/infractions?user__id=x", undefined, 400, '{"user__id":["Enter a number."]}')
      yield* expect("GET", "bot/infractions?search=(", undefined, 500, /Server Error/)
      yield* expect("GET", "bot/infractions?limit=1", undefined, 200, /^\[{"id":2,[^[{]*\]$/)
      yield* expect("GET", "bot/infractions?limit=0&offset=1&active=maybe", undefined, 200, /^\[{"id":1,[^[{]*\]$/)
      yield* expect(
        "GET",
        "bot/infractions?expires_after=2029-12-31T23:00:00-05:00",
        undefined,
        200,
        /^\[{"id":1,[^[{]*\]$/
      )
      yield* expect("DELETE", "bot/infractions/2", undefined, 204, "")
      yield* expect("GET", "bot/infractions/2", undefined, 404, '{"detail":"No Infraction matches the given query."}')
    })
  )

  it.scoped("follows a script for the next requests", () =>
    Effect.gen(function* () {
      const { call, fail, script, state } = yield* connect()
      fail(SiteServer.html(502, "<h1>Bad Gateway</h1>"), { times: 2, when: ({ method }) => method === "GET" })
      assert.strictEqual((yield* call("POST", "bot/users", { body: "[]" })).status, 201)
      assert.strictEqual((yield* call("GET", "healthcheck")).status, 502)
      assert.strictEqual((yield* call("GET", "healthcheck")).status, 502)
      assert.strictEqual((yield* call("GET", "healthcheck")).status, 200)
      script(SiteServer.delayed(20), { when: ({ method }) => method === "GET" })
      assert.strictEqual((yield* call("GET", "healthcheck")).text, '{"status":"ok"}')
      script(SiteServer.lost)
      const exit = yield* Effect.exit(call("DELETE", "bot/users/1"))
      assert.strictEqual(exit._tag, "Failure")
      assert.isFalse(state.users.has(1n))
      fail(Scripted.json({ detail: "slow down" }, { status: 429, headers: { "retry-after": "1" } }))
      assert.strictEqual((yield* call("GET", "healthcheck")).status, 429)
    })
  )

  it.scoped("keeps nominations, with their traps", () =>
    Effect.gen(function* () {
      const { expect, state } = yield* connect({ now: () => Date.parse("2024-05-06T07:08:09Z") })
      yield* expect(
        "POST",
        "bot/nominations",
        '{"user":1,"actor":99,"reason":""}',
        400,
        /{"actor":\["Invalid pk \\"99\\"/
      )
      assert.deepStrictEqual(state.nominations.get(1n)?.entries, [])
      yield* expect(
        "POST",
        "bot/nominations",
        '{"user":1,"actor":2,"reason":"first"}',
        201,
        /^{"id":1,"active":true,"user":1,"inserted_at":"2024-05-06T07:08:09Z","end_reason":"","ended_at":null,"reviewed":false,"entries":\[{"actor":2,"reason":"first","inserted_at":"[^"]+"}\],"thread_id":null}$/
      )
      yield* expect("POST", "bot/nominations", '{"user":"1","actor":3}', 201, /"entries":\[{"actor":3,.*{"actor":2,/)
      yield* expect(
        "POST",
        "bot/nominations",
        '{"user":1,"actor":3}',
        400,
        '{"actor":["This actor has already endorsed this nomination."]}'
      )
      yield* expect(
        "POST",
        "bot/nominations",
        '{"user":1,"actor":3,"reviewed":true}',
        400,
        '{"reviewed":["This field cannot be set at creation."]}'
      )
      yield* expect("PATCH", "bot/nominations/1", '{"reason":"other","actor":2}', 200, /"reason":"first"/)
      yield* expect("GET", "bot/nominations/1", undefined, 200, /"reason":"other"/)
      const refused = [
        ['{"reason":"a"}', '{"actor":["This field is required when editing the reason."]}'],
        ['{"reason":"a","actor":1}', '{"actor":["The actor doesn\'t exist or has not nominated the user."]}'],
        ['{"end_reason":"a"}', '{"end_reason":["An active nomination can\'t have an end reason."]}'],
        ['{"active":false}', '{"end_reason":["This field is required when ending a nomination."]}'],
        ['{"active":true}', '{"active":["This field can only be used to end a nomination"]}'],
        ['{"user":2}', '{"user":["This field cannot be updated."]}']
      ] as const
      for (const [body, text] of refused) yield* expect("PATCH", "bot/nominations/1", body, 400, text)
      yield* expect(
        "PATCH",
        "bot/nominations/1",
        '{"active":false,"end_reason":"e"}',
        200,
        /"active":false.*"ended_at":"2024/
      )
      yield* expect("PATCH", "bot/nominations/1", '{"end_reason":"f"}', 200, /"end_reason":"f"/)
      yield* expect(
        "PATCH",
        "bot/nominations/1",
        '{"reviewed":true}',
        400,
        '{"reviewed":["This field cannot be set if the nomination is inactive."]}'
      )
      yield* expect("DELETE", "bot/nominations/1", undefined, 405, /not allowed/)
      yield* expect("GET", "bot/nominations?user__id=x", undefined, 400, '{"user__id":["Enter a number."]}')
    })
  )

  it.scoped("deletes reminders softly", () =>
    Effect.gen(function* () {
      const { expect, state } = yield* connect()
      const reminder =
        '{"author":1,"channel_id":409107086526644234,"content":"c","expiration":"2001-01-01T00:00:00.000001Z","jump_url":"https://discord.com/channels/1/2/3"'
      yield* expect(
        "POST",
        "bot/reminders",
        `${reminder}}`,
        201,
        '{"active":true,"author":1,"jump_url":"https://discord.com/channels/1/2/3","channel_id":409107086526644234,"content":"c","expiration":"2001-01-01T00:00:00.000001Z","id":1,"mentions":[],"failures":0}'
      )
      yield* expect(
        "POST",
        "bot/reminders",
        `${reminder},"mentions":[-1]}`,
        400,
        '{"mentions":{"0":["Ensure this value is greater than or equal to 0."]}}'
      )
      yield* expect(
        "POST",
        "bot/reminders",
        `${reminder.replace("1", "99")}}`,
        400,
        '{"author":["Invalid pk \\"99\\" - object does not exist."]}'
      )
      yield* expect("PATCH", "bot/reminders/1", '{"failures":2}', 200, /"failures":2/)
      yield* expect("PUT", "bot/reminders/1", "{}", 400, /"author":\["This field is required."\]/)
      yield* expect("DELETE", "bot/reminders/1", undefined, 204, "")
      yield* expect("DELETE", "bot/reminders/1", undefined, 404, '{"detail":"No Reminder matches the given query."}')
      yield* expect("GET", "bot/reminders/1", undefined, 404, /No Reminder/)
      yield* expect("GET", "bot/reminders/1?include_inactive=true", undefined, 200, /"active":false/)
      yield* expect("GET", "bot/reminders", undefined, 200, "[]")
      assert.isFalse(state.reminders.get(1n)?.active)
    })
  )

  it.scoped("keeps messages that were deleted, and offensive ones", () =>
    Effect.gen(function* () {
      const { expect } = yield* connect()
      const message =
        '{"id":5,"author":1,"channel_id":409107086526644234,"content":"","embeds":[{"n":9007199254740993}],"attachments":["https://a.example/b"]}'
      const body = (messages: string) =>
        `{"actor":null,"creation":"2024-01-01T00:00:00Z","deletedmessage_set":[${messages}]}`
      yield* expect(
        "POST",
        "bot/deleted-messages",
        body(message),
        201,
        '{"actor":null,"creation":"2024-01-01T00:00:00Z","id":1,"deletedmessage_set":[{"id":5,"author":1,"channel_id":409107086526644234,"content":"","embeds":[{"n":9007199254740993}],"deletion_context":1,"attachments":["https://a.example/b"]}]}'
      )
      yield* expect(
        "POST",
        "bot/deleted-messages",
        body(`${message.replace("5", "6")},${message.replace("5", "-1")}`),
        400,
        '{"deletedmessage_set":[{},{"id":["Ensure this value is greater than or equal to 0."]}]}'
      )
      yield* expect("POST", "bot/deleted-messages", "{}", 400, /"actor":\["This field is required."\]/)
      yield* expect(
        "POST",
        "bot/offensive-messages",
        '{"id":1,"channel_id":2,"delete_date":"2001-01-01T00:00:00Z"}',
        400,
        '{"delete_date":["Date must be a future date"]}'
      )
      const offensive = '{"id":1,"channel_id":2,"delete_date":"2999-01-01T00:00:00Z"}'
      yield* expect("POST", "bot/offensive-messages", offensive, 201, offensive)
      yield* expect(
        "POST",
        "bot/offensive-messages",
        offensive,
        400,
        '{"id":["offensive message with this Message ID already exists."]}'
      )
      yield* expect("PUT", "bot/offensive-messages/1", offensive, 400, '{"id":["This field cannot be updated."]}')
      yield* expect(
        "PUT",
        "bot/offensive-messages/1",
        '{"delete_date":"2999-01-01T00:00:00Z"}',
        400,
        /{"id":\["This field is required."\]/
      )
      yield* expect("PATCH", "bot/offensive-messages/1", '{"delete_date":"2999-01-02T00:00:00Z"}', 200, /01-02/)
      yield* expect("GET", "bot/offensive-messages/1", undefined, 405, /not allowed/)
      yield* expect("DELETE", "bot/offensive-messages/1", undefined, 204, "")
    })
  )

  it.scoped("keeps filter lists and filters", () =>
    Effect.gen(function* () {
      const { expect } = yield* connect()
      const settings =
        '"infraction_type":"NONE","infraction_duration":"3 01:00:00","infraction_channel":409107086526644234,"guild_pings":[],"filter_dm":true,"dm_pings":["a"],"remove_context":true,"send_alert":true,"bypass_roles":[],"enabled":true,"enabled_channels":[],"disabled_channels":[],"enabled_categories":[],"disabled_categories":[]'
      const list = `{"name":"l","list_type":0,${settings}}`
      yield* expect(
        "POST",
        "bot/filter/filter_lists",
        list,
        201,
        /"settings":{"bypass_roles":\[\],"filter_dm":true,"enabled":true,"remove_context":true,"send_alert":true,"infraction_and_notification":{"infraction_type":"NONE","infraction_reason":"","infraction_duration":"262800.0","infraction_channel":409107086526644234,"dm_content":"","dm_embed":""},"channel_scope":{"disabled_channels":\[\],"disabled_categories":\[\],"enabled_channels":\[\],"enabled_categories":\[\]},"mentions":{"guild_pings":\[\],"dm_pings":\["a"\]}}}$/
      )
      yield* expect(
        "POST",
        "bot/filter/filter_lists",
        list,
        400,
        '{"non_field_errors":["A filterlist with the same name and type already exists."]}'
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"infraction_type":"TIMEOUT"}',
        400,
        '{"non_field_errors":["A timeout cannot be longer than 28 days."]}'
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"infraction_duration":5}',
        400,
        '{"non_field_errors":["Infraction type is required with infraction duration or reason"]}'
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"infraction_duration":"P1DT2H"}',
        400,
        /Duration has wrong format/
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"enabled_channels":["a"],"disabled_channels":["a"]}',
        400,
        /You can't have the same value in both enabled and disabled channels lists: 'a'\./
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"infraction_type":"NONE","infraction_duration":0.5}',
        200,
        /"infraction_duration":"0.5"/
      )
      yield* expect(
        "PATCH",
        "bot/filter/filter_lists/1",
        '{"infraction_type":"NONE","infraction_duration":0}',
        200,
        /"infraction_duration":"0.0"/
      )
      yield* expect(
        "POST",
        "bot/filter/filters",
        '{"filter_list":1,"content":"c"}',
        201,
        /"additional_settings":{},"filter_list":1,"settings":{"bypass_roles":null/
      )
      yield* expect(
        "POST",
        "bot/filter/filters",
        '{"filter_list":1,"content":"c"}',
        400,
        '["Check if a filter with this combination of content and settings already exists in this filter list."]'
      )
      yield* expect("PATCH", "bot/filter/filters/1", '{"content":"d"}', 500, /Server Error/)
      yield* expect("PATCH", "bot/filter/filters/1", '{"filter_list":1,"content":"d"}', 200, /"content":"d"/)
      yield* expect("GET", "bot/filter-lists/1", undefined, 200, /"filters":\[{"id":1,/)
      yield* expect("DELETE", "bot/filter/filter_lists/1", undefined, 204, "")
      yield* expect("GET", "bot/filter/filters/1", undefined, 404, '{"detail":"No Filter matches the given query."}')
    })
  )

  it.scoped("keeps links, names, threads, settings and mailing lists", () =>
    Effect.gen(function* () {
      const { call, expect, state } = yield* connect()
      const link = '{"package":"p","base_url":"https://p.example/","inventory_url":"https://p.example/objects.inv"}'
      yield* expect("POST", "bot/documentation-links", link, 201, link)
      yield* expect(
        "POST",
        "bot/documentation-links",
        link,
        400,
        '{"package":["documentation link with this package already exists."]}'
      )
      yield* expect("PUT", "bot/documentation-links/p", link, 405, /not allowed/)
      yield* expect("DELETE", "bot/documentation-links/p", undefined, 204, "")
      yield* expect("POST", "bot/off-topic-channel-names?name=a-b", undefined, 201, '{"name":"a-b"}')
      yield* expect("POST", "bot/off-topic-channel-names?name=A", undefined, 400, '{"name":["Enter a valid value."]}')
      yield* expect(
        "POST",
        "bot/off-topic-channel-names",
        undefined,
        400,
        '{"name":["This query parameter is required."]}'
      )
      yield* expect("POST", "bot/off-topic-channel-names?name=b", undefined, 201, '{"name":"b"}')
      yield* expect("GET", "bot/off-topic-channel-names?random_items=0", undefined, 400, /"random_items"/)
      const [first, second] = [
        yield* call("GET", "bot/off-topic-channel-names?random_items=1"),
        yield* call("GET", "bot/off-topic-channel-names?random_items=1")
      ]
      assert.deepStrictEqual([first.text, second.text].toSorted(), ['["a-b"]', '["b"]'])
      yield* expect("PATCH", "bot/off-topic-channel-names/b", '{"name":"c"}', 200, /"name":"c"/)
      assert.deepStrictEqual([...state.offTopicNames.keys()], ["a-b", "b", "c"])
      yield* expect(
        "POST",
        "bot/bumped-threads",
        '{"thread_id":409107086526644234}',
        201,
        '{"thread_id":409107086526644234}'
      )
      yield* expect(
        "POST",
        "bot/bumped-threads",
        '{"thread_id":-1}',
        400,
        '{"thread_id":["Ensure this value is greater than or equal to 0."]}'
      )
      yield* expect("GET", "bot/bumped-threads", undefined, 200, "[409107086526644234]")
      yield* expect("GET", "bot/bumped-threads/409107086526644234", undefined, 204, "")
      yield* expect(
        "GET",
        "bot/bumped-threads/1",
        undefined,
        404,
        '{"detail":"No BumpedThread matches the given query."}'
      )
      yield* expect(
        "PUT",
        "bot/bot-settings/news",
        '{"name":"news","data":{"n":9007199254740993}}',
        200,
        '{"name":"news","data":{"n":9007199254740993}}'
      )
      yield* expect("PATCH", "bot/bot-settings/news", '{"data":null}', 400, '{"data":["This field may not be null."]}')
      yield* expect("GET", "bot/bot-settings", undefined, 404, /<h1>Not Found/)
      yield* expect("POST", "bot/mailing-lists", '{"name":"l"}', 201, '{"id":1,"name":"l","seen_items":[]}')
      yield* expect("POST", "bot/mailing-lists", '{"name":"m","seen_items":[]}', 500, /Server Error/)
      yield* expect("POST", "bot/mailing-lists/l/seen-items", '"a"', 204, "")
      yield* expect(
        "POST",
        "bot/mailing-lists/l/seen-items",
        '"a"',
        400,
        '{"non_field_errors":["Seen item already known."]}'
      )
      yield* expect("POST", "bot/mailing-lists/l/seen-items", `"${"a".repeat(101)}"`, 500, /Server Error/)
      yield* expect("GET", "bot/mailing-lists/a.b", undefined, 404, '{"detail":"Not found."}')
    })
  )

  it.scoped("keeps links and blocks of Advent of Code, activity, artifacts and the log", () =>
    Effect.gen(function* () {
      const { call, expect, state } = yield* connect({
        seed: {
          ...seed,
          metricity: {
            1: {
              joined_at: "2020-10-06T21:54:23.540766",
              total_messages: 5n,
              activity_blocks: 2n,
              top_channel_activity: [["off-topic", 3n]],
              recent_messages: 4n
            }
          },
          artifacts: {
            "o/r/s/a/x.zip": { url: "https://x.example" },
            "o/r/s/a/y": { status: 202, error_type: "RunPendingError", error: "pending" }
          }
        }
      })
      yield* expect(
        "POST",
        "bot/aoc-account-links",
        '{"user":1,"aoc_username":"a"}',
        201,
        '{"user":1,"aoc_username":"a"}'
      )
      yield* expect(
        "POST",
        "bot/aoc-completionist-blocks",
        '{"user":1}',
        201,
        '{"user":1,"is_blocked":true,"reason":null}'
      )
      yield* expect("GET", "bot/aoc-completionist-blocks?is_blocked=false", undefined, 200, "[]")
      yield* expect(
        "DELETE",
        "bot/aoc-account-links/2",
        undefined,
        404,
        '{"detail":"No AocAccountLink matches the given query."}'
      )
      yield* expect(
        "GET",
        "bot/users/1/metricity_data",
        undefined,
        200,
        '{"joined_at":"2020-10-06T21:54:23.540766","total_messages":5,"activity_blocks":2,"voice_gate_blocked":false}'
      )
      yield* expect(
        "GET",
        "bot/users/2/metricity_review_data",
        undefined,
        404,
        '{"detail":"User not found in metricity"}'
      )
      yield* expect(
        "POST",
        "bot/users/metricity_activity_data?days=7",
        "[1,409107086526644234]",
        200,
        '{"1":4,"409107086526644234":0}'
      )
      yield* expect("POST", "bot/users/metricity_activity_data?days=7", "[]", 400, '["This list may not be empty."]')
      yield* expect(
        "POST",
        "bot/users/metricity_activity_data?days=7",
        '["x"]',
        400,
        '{"0":["A valid integer is required."]}'
      )
      yield* expect(
        "POST",
        "bot/users/metricity_activity_data",
        "[1]",
        400,
        '{"days":["This query parameter is required."]}'
      )
      yield* expect("GET", "github/artifact/o/r/s/a/x.zip", undefined, 200, '{"url":"https://x.example"}')
      yield* expect("GET", "github/artifact/o/r/s/a/y", undefined, 202, /"error_type":"RunPendingError"/)
      yield* expect("GET", "github/artifact/o/r/s/a/z", undefined, 404, /"requested_resource"/)
      const hook = (login: string) =>
        call("POST", "github/webhook-filter/1/token", {
          token: null,
          body: `{"sender":{"login":"${login}"}}`,
          headers: { "x-github-event": "push" }
        })
      assert.strictEqual((yield* hook("dependabot[bot]")).status, 203)
      assert.strictEqual((yield* hook("someone")).text, '{"original_status":204,"data":"","headers":{}}')
      yield* expect(
        "POST",
        "logs",
        '{"application":"bot","logger_name":"l","level":"trace","module":"m","line":1,"message":"a"}',
        400,
        '{"level":["\\"trace\\" is not a valid choice."]}'
      )
      yield* expect(
        "POST",
        "logs",
        '{"application":"bot","logger_name":"l","level":"info","module":"m","line":1,"message":"a"}',
        201,
        /"level":"info"/
      )
      assert.deepStrictEqual(
        state.logs.map(({ message }) => message),
        ["a"]
      )
      yield* expect("GET", "rules?link_format=xml", undefined, 400, /^{"detail":/)
    })
  )
})
