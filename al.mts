import { parseDocument } from "yaml"
for (const n of [500, 1000, 2000]) {
  const t = [
    "openapi: 3.1.0",
    "x-r: &r { 200: { description: ok } }",
    "paths:",
    ...Array.from({ length: n }, (_, i) => `  /a${i}: { get: { responses: *r } }`)
  ].join("\n")
  for (const merge of [true, false]) {
    const t0 = performance.now()
    const d = parseDocument(t, { uniqueKeys: false, merge, logLevel: "silent" })
    const t1 = performance.now()
    d.toJS({ maxAliasCount: 10000 })
    const t2 = performance.now()
    console.log(n, merge, Math.round(t1 - t0), Math.round(t2 - t1))
  }
}
