import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A certificate with its private key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes a self-signed certificate for `localhost`, by the program `openssl`. It can sign for itself, so it is its own CA. */
export const makeCertificate = (commonName = "localhost"): Certificate => {
  const directory = mkdtempSync(join(tmpdir(), "herald-certificate-"))
  try {
    const [certPath, keyPath] = [join(directory, "cert.pem"), join(directory, "key.pem")]
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    const name = ["-subj", `/CN=${commonName}`, "-addext", `subjectAltName=DNS:${commonName}`]
    execFileSync("openssl", ["req", ...kind, ...name, "-keyout", keyPath, "-out", certPath], { stdio: "ignore" })
    return { cert: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
