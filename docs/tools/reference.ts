/**
 * Makes the pages of the reference, in docs/reference, from the docstrings of the public modules: one page for each entry point of
 * package.json, and one for each module that it exports. A broken link in a docstring is an error.
 */
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import {
  Application,
  type Context,
  Converter,
  DeclarationReflection,
  type PageEvent,
  type Reflection,
  ReflectionKind,
  type RouterTarget
} from "typedoc"
import { MarkdownPageEvent, ModuleRouter } from "typedoc-plugin-markdown"
import { entries, pathOf } from "../../tools/entries.js"

const docs = fileURLToPath(new URL("../", import.meta.url))

/** The path of an entry point's pages: `oauth` for `effect-herald/oauth`. */
const folderOf = (entry: string): string => entry.replace(/^effect-herald\//, "")

const isNamespace = (reflection: Reflection): boolean => reflection.kindOf(ReflectionKind.Namespace)

/**
 * The page of `effect-herald/oauth` is `oauth`, and that of `Transport` of `effect-herald/node` is `node/Transport`. Everything else is
 * a heading of a page.
 */
class EntryPointRouter extends ModuleRouter {
  override getIdealBaseName(reflection: Reflection): string {
    const hasPages = reflection.isDeclaration() && reflection.children?.some(isNamespace) === true
    return hasPages ? posix.join(this.pathOf(reflection), "index") : this.pathOf(reflection)
  }

  private pathOf(reflection: Reflection): string {
    if (reflection.kindOf(ReflectionKind.Module) || reflection.parent === undefined) return folderOf(reflection.name)
    return `${this.pathOf(reflection.parent)}${isNamespace(reflection) ? "/" : "#"}${reflection.name}`
  }
}

const options = {
  entryPoints: entries.map(([, source]) => pathOf(source)),
  tsconfig: pathOf("tsconfig.build.json"),
  // `npm run types` does this.
  skipErrorChecking: true,
  name: "Reference",
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  // Members of Effect's classes, which every tag and every error of a Schema has.
  excludeExternals: true,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  // Types that are not exported are shown by name.
  validation: { invalidLink: true, invalidPath: true, rewrittenLink: true, notExported: false },
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
  router: "entry-point",
  out: `${docs}reference`,
  docsRoot: docs,
  useCodeBlocks: true,
  parametersFormat: "table",
  classPropertiesFormat: "table",
  interfacePropertiesFormat: "table",
  typeDeclarationFormat: "table",
  tableColumnSettings: { hideModifiers: true },
  navigationModel: { excludeGroups: true },
  sidebar: { autoConfiguration: true, collapsed: true },
  sortEntryPoints: false,
  groupOrder: ["Namespaces", "Functions", "Variables", "Classes", "Interfaces", "Type Aliases", "*"]
}

const app = await Application.bootstrapWithPlugins(options)
app.renderer.defineRouter("entry-point", EntryPointRouter)

// Modules have the names by which programs import them. typedoc names them by the paths of their sources.
const nameOf = new Map(entries.map(([name, source]) => [source.replace(/(\/index)?\.ts$/, ""), name]))
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
  for (const module of project.children ?? []) module.name = nameOf.get(module.name) ?? module.name
})

// A class extends a call of Effect, such as `Schema.TaggedError`. That expression and its constructor say nothing that the fields do
// not say, and would be repeated for each field.
app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }: Context) => {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.kindOf(ReflectionKind.Constructor)) project.removeReflection(reflection)
    if (!reflection.isDeclaration() && !reflection.isSignature()) continue
    delete reflection.inheritedFrom
    delete reflection.overwrites
    if (reflection.isDeclaration() && reflection.kindOf(ReflectionKind.Class)) {
      delete reflection.extendedTypes
      delete reflection.typeHierarchy
    }
  }
})

// The page of a module says how it is imported.
app.renderer.on(MarkdownPageEvent.END, (page: PageEvent<RouterTarget>) => {
  const { model } = page
  if (!(model instanceof DeclarationReflection) || !isNamespace(model) || model.parent === undefined) return
  const example = `\`\`\`ts\nimport { ${model.name} } from "${model.parent.name}"\n\`\`\``
  page.contents = (page.contents ?? "").replace(/^# .*$/m, (title) => `${title}\n\n${example}`)
})

const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)
await app.generateOutputs(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
