/**
 * Writes effect-herald.api.md: each public type, and each type that one refers to, so that a review shows what changes for users. With
 * `--check`, only compares it. Needs a build.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor"
import { entries } from "./entries.js"

const report = "effect-herald.api.md"
const silent = { default: { logLevel: ExtractorLogLevel.None } }

// One module that has all entry points, so that a type that several of them use is in the report once.
const everything = resolve("dist/everything.d.ts")
const folder = mkdtempSync(join(tmpdir(), "api-report-"))
writeFileSync(
  everything,
  entries
    .map(([name, source]) => `export * as ${name.replaceAll(/\W+/g, "_")} from "./${source.replace(/\.ts$/, ".js")}"\n`)
    .join("")
)

/** Makes the configuration of the extractor, which writes the report and no other file. */
const configure = () =>
  ExtractorConfig.prepare({
    configObject: {
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: report,
        reportFolder: process.cwd(),
        reportTempFolder: folder
      },
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            exactOptionalPropertyTypes: true,
            lib: ["es2023", "dom", "dom.iterable"],
            module: "nodenext",
            skipLibCheck: true,
            strict: true,
            target: "es2022",
            types: ["node"]
          },
          files: [everything]
        }
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      mainEntryPointFilePath: everything,
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent
      },
      newlineKind: "lf",
      projectFolder: process.cwd(),
      tsdocMetadata: { enabled: false }
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve("package.json")
  })

try {
  const { apiReportChanged } = Extractor.invoke(configure(), {
    localBuild: !process.argv.includes("--check"),
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    }
  })
  if (!apiReportChanged) console.log(`${report} has the types of all ${entries.length} entry points`)
  else if (process.argv.includes("--check")) {
    // Exits with 1, since the files differ.
    spawnSync("git", ["--no-pager", "diff", "--no-index", "--", report, join(folder, report)], { stdio: "inherit" })
    console.error(
      "Public types differ. If this is intended, run `npm run build && npm run api:report`, and review what changed"
    )
    process.exitCode = 1
  } else console.log(`${report} is written`)
} finally {
  rmSync(folder, { recursive: true })
  rmSync(everything)
}
