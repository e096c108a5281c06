/**
 * Shows the inferred types in the code blocks that are marked so: ` ```ts twoslash `. A comment `// ^?` shows the type of the name above
 * its caret below the line, the others are shown under the pointer. A block that does not compile fails the build. Each costs about
 * two seconds of the build, so that only few blocks are marked.
 */
import { createTransformerFactory, rendererRich } from "@shikijs/twoslash"
import { createTwoslasher } from "twoslash"
import ts from "typescript"
import type { MarkdownOptions } from "vitepress"
import { entries, pathOf } from "../../tools/entries.js"

type Transformer = NonNullable<MarkdownOptions["codeTransformers"]>[number]

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["ES2023", "DOM"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noErrorTruncation: true,
  skipLibCheck: true,
  paths: Object.fromEntries(entries.map(([name, source]) => [name, [pathOf(source)]]))
}

// Blocks are modules of the repository, so that they import what it has installed.
const twoslasher = createTwoslasher({ vfsRoot: pathOf("."), tsModule: ts })

const renderer = rendererRich({
  queryRendering: "line",
  // The reference has the docstrings.
  processHoverDocs: () => ""
})

// VitePress has Shiki 2, whose types of a transformer differ from those of Shiki 3. The methods that it calls are the same.
export const twoslash = createTransformerFactory(
  twoslasher,
  renderer
)({
  explicitTrigger: true,
  twoslashOptions: { compilerOptions }
}) as unknown as Transformer
