/** Bundles the page for browsers. */
import { build } from "esbuild"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const root = new URL("../", import.meta.url)

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly content: string | Uint8Array
}

const kibibytes = (bytes: number) => Math.round((bytes / 1024) * 10) / 10

/**
 * Bundles the page. Returns its files by path, and the sizes in KiB of the script that it loads. The library decodes content codings for
 * runtimes that do not: the module for it is a file of its own, which a browser does not request.
 */
export const bundlePage = async (apiUrl: string) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("main.ts", root))],
    bundle: true,
    format: "esm",
    logLevel: "error",
    minify: true,
    outdir: "/",
    splitting: true,
    target: "es2022",
    write: false
  })
  const scripts = outputFiles.map(({ contents, path }): [string, PageFile] => [
    `/${basename(path)}`,
    { type: "text/javascript", content: contents }
  ])
  const main = outputFiles.find(({ path }) => basename(path) === "main.js")?.contents ?? new Uint8Array()
  const html = readFileSync(new URL("index.html", root), "utf8").replace("http://127.0.0.1:8080", apiUrl)
  const files: Readonly<Record<string, PageFile>> = {
    ...Object.fromEntries(scripts),
    "/": { type: "text/html; charset=utf-8", content: html },
    "/style.css": { type: "text/css", content: readFileSync(new URL("style.css", root)) }
  }
  return { files, minified: kibibytes(main.length), gzipped: kibibytes(gzipSync(main, { level: 9 }).length) }
}
