import * as Schema from "effect/Schema"

/** The format of links in the text of a rule. */
export const LinkFormat = Schema.Literal("md", "html")
export type LinkFormat = typeof LinkFormat.Type

/** A rule of the server, and the keywords by which it is found. */
export interface Rule {
  readonly text: string
  readonly keywords: ReadonlyArray<string>
}

/** A `Rule` on the wire. */
export type RuleEncoded = readonly [text: string, keywords: ReadonlyArray<string>]

export const Rule: Schema.Schema<Rule, RuleEncoded> = Schema.transform(
  Schema.Tuple(Schema.String, Schema.Array(Schema.String)),
  Schema.Struct({ text: Schema.String, keywords: Schema.Array(Schema.String) }),
  {
    strict: true,
    decode: ([text, keywords]) => ({ text, keywords }),
    encode: ({ keywords, text }) => [text, keywords] as const
  }
).annotations({ identifier: "Rule" })
