import { randomUUID } from "node:crypto"

/** Escapes a name in a `Content-Disposition`, and writes its line breaks as the form's encoding has them (HTML Standard, 4.10.21.8). */
const escapeName = (name: string): string => name.replaceAll(/\r\n?|\n/g, "%0D%0A").replaceAll('"', "%22")

/**
 * Encodes a form as `multipart/form-data` (RFC 7578). The content is a `Blob`, which has a length, and does not read files before
 * they are sent. undici knows the forms of its own version only, not those of Node.
 */
export const encodeMultipart = (form: FormData): { readonly contentType: string; readonly content: Blob } => {
  const boundary = `----formdata-herald-${randomUUID()}`
  const parts: Array<string | Blob> = []
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"`
    if (typeof value === "string") parts.push(`${head}\r\n\r\n${value.replaceAll(/\r\n?|\n/g, "\r\n")}\r\n`)
    else {
      const type = value.type === "" ? "application/octet-stream" : value.type
      parts.push(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n")
    }
  }
  parts.push(`--${boundary}--\r\n`)
  return { contentType: `multipart/form-data; boundary=${boundary}`, content: new Blob(parts) }
}
