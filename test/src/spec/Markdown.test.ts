import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Document, Names } from "effect-herald/spec"
import { Markdown } from "effect-herald/spec/tools"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const pagesOf = (json: unknown, source?: string): ReadonlyMap<string, string> => {
  const document = Effect.runSync(Document.fromJson(json, { source }))
  const pages = Markdown.ofDocument(document, Names.make(document))
  expect([...Markdown.ofDocument(document, Names.make(document))]).toEqual([...pages])
  return pages
}

const pets = {
  openapi: "3.1.0",
  info: { title: "Pets", version: "1", description: "# All\n\nAbout <b>pets</b>, `<i>` and a | b." },
  tags: [{ name: "pets", description: "Animals." }],
  security: [{ key: [] }, { user: [], token: [] }],
  components: {
    securitySchemes: {
      key: { type: "apiKey", in: "header", name: "X-Key" },
      user: { type: "http", scheme: "basic" },
      token: { type: "http", scheme: "bearer" }
    },
    schemas: {
      Pet: {
        type: "object",
        required: ["name", "id"],
        properties: {
          id: { type: "integer", readOnly: true },
          name: { type: "string", description: "Its name | in <short>.\nOne line.", examples: ["Rex"] },
          kind: { enum: ["cat", "dog"], deprecated: true }
        }
      }
    }
  },
  paths: {
    "/pets/{petId}/photos": {
      post: {
        operationId: "addPhoto",
        tags: ["pets"],
        summary: "Adds a photo",
        deprecated: true,
        security: [],
        parameters: [
          { name: "petId", in: "path", required: true, schema: { type: "integer" } },
          { name: "file name", in: "query", required: true, schema: { type: "string", default: "it's.png" } },
          { name: "size", in: "query", description: "In pixels.", schema: { type: "integer", default: 100 } }
        ],
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } }
        },
        responses: {
          200: {
            description: "All | of them",
            content: {
              "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Pet" } } }
            }
          },
          default: { description: "Broken" }
        }
      }
    },
    "/pets": { get: { operationId: "list", tags: ["pets"], responses: { 204: { description: "None" } } } }
  }
}

describe("ofDocument", () => {
  it("writes an index of all operations with their summaries", () => {
    expect(pagesOf(pets).get("README.md")).toBe(`# Pets 1

**All**

About &lt;b>pets&lt;/b>, \`<i>\` and a | b.

2 methods in 1 resource.

| Resource | Methods |
| --- | --- |
| [pets](#pets) | 2 |

## pets

| Method | Request | Summary |
| --- | --- | --- |
| [addPhoto](pets.md#addphoto) | \`POST /pets/{petId}/photos\` | (deprecated) Adds a photo |
| [list](pets.md#list) | \`GET /pets\` | GET /pets |
`)
  })

  it("writes a page for a resource, with the calls, input, responses and credentials of each operation", () => {
    const page = pagesOf(pets, "pets.yaml").get("pets.md") ?? ""
    expect(page).toContain("# pets\n\n[All resources](README.md)\n\nAnimals.\n")
    expect(page).toContain("## addPhoto\n\n> **Deprecated.**\n\nAdds a photo\n\n`POST /pets/{petId}/photos`\n")
    expect(page).toContain('```ts\npets.addPhoto({ petId, "file name", size?, body })\n```')
    expect(page).toContain(
      '```ts\nyield* client.pets.addPhoto({ petId: 1, "file name": "it\'s.png", body: { name: "Rex" } })\n```'
    )
    expect(page).toContain("```sh\nherald call --spec pets.yaml pets addPhoto 1 'it'\\''s.png' --name Rex\n```")
    expect(page).toContain("| `size` | `integer` | In pixels. Default: 100. |\n")
    expect(page).toContain("| `body.name` | `string` | Required. Its name \\| in &lt;short>. One line. |\n")
    expect(page).toContain("| `200` | `Pet[]` | All \\| of them |\n| `default` |  | Broken |\n")
    expect(page).toContain("Each item has these properties:\n\n| Property | Type | Description |\n")
    expect(page).toContain('| `kind?` | `"cat" \\| "dog"` | Deprecated. |\n')
    expect(page).toContain("Credentials: `key`, or `user` with `token`.")
    expect(page.match(/Credentials/g)).toHaveLength(1)
  })

  it("keeps the text of a document from being markup of the page", () => {
    const text = "<script>alert(1)</script> [a](javascript:alert(1)) | ``` \n```\nopen\n# Heading\n---\n\u001b[31m"
    const hostile = {
      openapi: "3.0.0",
      info: { title: text, version: "`|`", description: text },
      tags: [{ name: text, description: text }],
      paths: {
        "/`|`<b>\n": {
          get: {
            operationId: text,
            tags: [text],
            summary: text,
            description: text,
            parameters: [
              { name: "`a`|\n<b>", in: "query", required: true, description: text, schema: { enum: [text] } }
            ],
            responses: {
              200: {
                description: text,
                content: { "a|b`": { schema: { type: "object", properties: { [text]: { description: text } } } } }
              }
            }
          }
        }
      }
    }
    for (const [name, page] of pagesOf(hostile)) {
      expect(name).toMatch(/^[\w-]+\.md$/)
      const prose = page.replace(/(`{3,})(?:ts|sh)?\n[\s\S]*?\n\1/g, "").replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "")
      expect(prose).not.toMatch(/<script|<b>|(?<!\\)\]\(javascript:/)
      expect(prose).not.toContain("\u001b")
      for (const line of page.split("\n").filter((one) => one.startsWith("| "))) {
        expect([3, 4]).toContain(line.replaceAll("\\|", "").match(/\|/g)?.length)
      }
      expect((page.match(/^```/gm) ?? []).length % 2).toBe(0)
    }
  })

  it("has a file for each resource, whatever its name, and an index without operations", () => {
    const operation = (tag: string) => ({ get: { tags: [tag], responses: {} } })
    const pages = pagesOf({
      openapi: "3.0.0",
      paths: {
        "/a": operation("readme"),
        "/b": operation("con"),
        "/c": operation("日本"),
        "/d": operation("__proto__")
      }
    })
    expect(pages.size).toBe(5)
    expect(new Set([...pages.keys()].map((name) => name.toLowerCase())).size).toBe(5)
    expect([...pagesOf({ openapi: "3.0.0", paths: {} })]).toEqual([
      ["README.md", "# API\n\n0 methods in 0 resources.\n"]
    ])
  })

  const fixtures = join(import.meta.dirname, "../../../node_modules/@readme/oas-examples")
  it.each(
    readdirSync(fixtures, { recursive: true, encoding: "utf8" }).filter((file) => /json[\\/][^\\/]*\.json$/.test(file))
  )("links to what is there: %s", (file) => {
    const pages = pagesOf(JSON.parse(readFileSync(join(fixtures, file), "utf8")))
    const anchors = (page: string) =>
      new Set([...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title!.replaceAll("\\", "").toLowerCase()))
    for (const [, name, anchor] of (pages.get("README.md") ?? "").matchAll(/\]\(([\w-]+\.md)#([^)]*)\)/g)) {
      expect(anchors(pages.get(name!) ?? "")).toContain(decodeURI(anchor!))
    }
  })
})
