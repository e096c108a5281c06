import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { bytesOfBase64 } from "../base64.js"
import { parseJson } from "../parseJson.js"

/**
 * A private key: PEM text (`BEGIN PRIVATE KEY`, or `BEGIN RSA PRIVATE KEY`), a JSON Web Key (RFC 7517) as text or object, or a `CryptoKey`
 * with the usage `sign`.
 */
export type PrivateKey = Redacted.Redacted<string | JsonWebKey | CryptoKey>

/** A JWS algorithm (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2) that a private key can sign with. */
export type SigningAlgorithm = keyof typeof algorithms

/** A private key, and how it signs. */
export interface KeyOptions {
  readonly privateKey: PrivateKey
  /** The key's id (`kid`), by which the server finds the public key. Default: the `kid` of a JSON Web Key, or none. */
  readonly keyId?: string | undefined
  /**
   * The algorithm of the signature. Default: the `alg` of a JSON Web Key, or that of the kind of key: `RS256` for RSA, `ES256`,
   * `ES384` or `ES512` for an elliptic curve, `EdDSA` for Ed25519.
   */
  readonly algorithm?: SigningAlgorithm | undefined
}

/** A private key that was imported. */
export interface SigningKey {
  readonly key: CryptoKey
  readonly keyId: string | undefined
  readonly algorithm: SigningAlgorithm
}

/** The parameters of Web Crypto for each algorithm. `EdDSA` and `Ed25519` name the same one. */
const algorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  RS512: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  PS384: { name: "RSA-PSS", hash: "SHA-384" },
  PS512: { name: "RSA-PSS", hash: "SHA-512" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  ES512: { name: "ECDSA", namedCurve: "P-521" },
  EdDSA: { name: "Ed25519" },
  Ed25519: { name: "Ed25519" }
} as const

/** The algorithms that are tried for a key whose kind is not known, in order. */
const defaultAlgorithms = ["RS256", "ES256", "ES384", "ES512", "EdDSA"] as const

const isAlgorithm = (name: unknown): name is SigningAlgorithm =>
  typeof name === "string" && Object.hasOwn(algorithms, name)

/** The type of a key that Web Crypto has made. */
const fits = ({ algorithm }: CryptoKey, name: SigningAlgorithm): boolean => {
  const wanted: { readonly name: string; readonly hash?: string; readonly namedCurve?: string } = algorithms[name]
  // Each kind of key has another type, and `hash` is an object in it.
  const { hash, namedCurve } = algorithm as { readonly hash?: { readonly name: string }; readonly namedCurve?: string }
  return algorithm.name === wanted.name && hash?.name === wanted.hash && namedCurve === wanted.namedCurve
}

/** The first success of an import, by algorithm. Undefined if there is none. */
const importAs = async (
  candidates: ReadonlyArray<SigningAlgorithm>,
  importKey: (algorithm: SigningAlgorithm) => Promise<CryptoKey>
): Promise<Pick<SigningKey, "algorithm" | "key"> | undefined> => {
  for (const algorithm of candidates) {
    const key = await importKey(algorithm).catch(() => undefined)
    if (key !== undefined) return { algorithm, key }
  }
  return undefined
}

const pem = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END \1PRIVATE KEY-----/

/** An error message, for keys that can't be imported. */
type Problem = string

const notAKey: Problem = "must be a private key as PEM, JSON Web Key or CryptoKey"

/** An element of DER (X.690, 8.1): tag, length and content. */
const element = (tag: number, content: ReadonlyArray<number>): ReadonlyArray<number> => {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return [tag, ...size, ...content]
}

/** `version` 0 and the algorithm `rsaEncryption` of a PKCS#8 key (RFC 5208, 5; RFC 8017, A.1), in DER. */
const rsaHeader = [2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 1, 1, 5, 0]

/** Converts an RSA key from PKCS#1 (RFC 8017, A.1.2), which Web Crypto does not import, to PKCS#8. */
const toPkcs8 = (pkcs1: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(element(0x30, [...rsaHeader, ...element(4, [...pkcs1])]))

const importPem = async (text: string, algorithm: SigningAlgorithm | undefined) => {
  // Environment variables often hold line breaks as `\n`.
  const [, kind, body = ""] = pem.exec(text.replaceAll("\\n", "\n")) ?? []
  if (kind === undefined) return notAKey
  if (kind !== "" && kind !== "RSA ") {
    return "must be in PKCS#8 and not encrypted: convert it with `openssl pkcs8 -topk8 -nocrypt -in key.pem`"
  }
  const bytes = bytesOfBase64(body)
  return importAs(algorithm === undefined ? defaultAlgorithms : [algorithm], (name) =>
    crypto.subtle.importKey("pkcs8", kind === "" ? bytes : toPkcs8(bytes), algorithms[name], false, ["sign"])
  )
}

const importJwk = async (jwk: Record<string, unknown>, algorithm: SigningAlgorithm | undefined) => {
  if (typeof jwk["d"] !== "string") return "must be a private key: the JSON Web Key has no `d`"
  const named = algorithm ?? jwk["alg"]
  if (named !== undefined && !isAlgorithm(named)) return "must have an `alg` that is supported, such as `ES256`"
  // Web Crypto refuses keys whose `alg`, `use` or `key_ops` differ from its own terms.
  const { alg: _alg, ext: _ext, key_ops: _operations, use: _use, ...key } = jwk
  return importAs(named === undefined ? defaultAlgorithms : [named], (name) =>
    crypto.subtle.importKey("jwk", key, algorithms[name], false, ["sign"])
  )
}

const importKey = async ({ algorithm, keyId, privateKey }: KeyOptions): Promise<SigningKey | Problem> => {
  const secret: unknown = Redacted.value(privateKey)
  const found = typeof secret === "string" && secret.trimStart().startsWith("{") ? parseJson(secret) : secret
  let imported: Pick<SigningKey, "algorithm" | "key"> | Problem | undefined
  let jwkId: unknown
  if (typeof found === "string") imported = await importPem(found, algorithm)
  else if (typeof CryptoKey !== "undefined" && found instanceof CryptoKey) {
    if (found.type !== "private" || !found.usages.includes("sign"))
      return "must be a private CryptoKey with the usage `sign`"
    const names = Object.keys(algorithms).filter(isAlgorithm)
    const fitting = (algorithm === undefined ? names : [algorithm]).find((name) => fits(found, name))
    imported = fitting && { algorithm: fitting, key: found }
  } else if (Predicate.isRecord(found)) {
    jwkId = found["kid"]
    imported = await importJwk(found, algorithm)
  } else return notAKey
  if (typeof imported === "string") return imported
  if (imported === undefined) {
    return `can't be used with ${algorithm === undefined ? "any supported algorithm" : `the algorithm ${algorithm}`}`
  }
  return { keyId: keyId ?? (typeof jwkId === "string" ? jwkId : undefined), ...imported }
}

/** Claims of an assertion, to change in place. */
export type JwtClaims = Record<string, unknown>

/**
 * Signs an assertion (RFC 7523, 3). Its claims are those of `oauth4webapi` for client authentication, changed by `modify`: `iss` and
 * `sub` are `issuer`, `aud` is the issuer of the server, and `exp` is a minute after `iat`.
 */
export const sign = async (
  { algorithm, key, keyId }: SigningKey,
  as: oauth.AuthorizationServer,
  issuer: string,
  modify: (claims: JwtClaims) => void
): Promise<string> => {
  const form = new URLSearchParams()
  const authenticate = oauth.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId }, {
    [oauth.modifyAssertion]: (header, claims) => {
      header["alg"] = algorithm
      header["typ"] = "JWT"
      modify(claims)
    }
  })
  await authenticate(as, { client_id: issuer }, form, new Headers())
  return form.get("client_assertion") ?? ""
}

/**
 * Imports a private key, and signs with it for a test. Fails with a `ConfigError` if the key is invalid, does not fit the algorithm,
 * or is too short (RFC 7518, 3.3). The error does not show the key.
 *
 * - `path`: the path of the options that hold the key
 */
export const importSigningKey = (
  path: ReadonlyArray<string>,
  options: KeyOptions
): Effect.Effect<SigningKey, ConfigError.ConfigError> => {
  const invalid = (name: keyof KeyOptions, message: string) =>
    Effect.fail(ConfigError.InvalidData([...path, name], message))
  const { algorithm, keyId, privateKey } = options
  if (!Redacted.isRedacted(privateKey)) return invalid("privateKey", "must be Redacted")
  if (algorithm !== undefined && !isAlgorithm(algorithm)) {
    return invalid("algorithm", `must be one of ${Object.keys(algorithms).join(", ")}`)
  }
  if (keyId !== undefined && (typeof keyId !== "string" || keyId === "")) {
    return invalid("keyId", "must be text that is not empty")
  }
  return Effect.gen(function* () {
    const imported = yield* Effect.tryPromise({
      try: () => importKey(options),
      catch: () => ConfigError.InvalidData([...path, "privateKey"], notAKey)
    })
    if (typeof imported === "string") return yield* invalid("privateKey", imported)
    yield* Effect.tryPromise({
      try: () => sign(imported, { issuer: "https://auth.example" }, "test", () => {}),
      catch: () =>
        ConfigError.InvalidData([...path, "privateKey"], "can't sign: an RSA key must have at least 2048 bits")
    })
    return imported
  })
}

/**
 * Widens the lifetime of an assertion by the tolerance for differences of clocks, in seconds: servers refuse an `iat` or `nbf` in the
 * future. `nbf` is optional (RFC 7523, 3), and removed.
 */
export const widenLifetime = (claims: JwtClaims, tolerance: number): void => {
  claims["iat"] = Number(claims["iat"]) - tolerance
  claims["exp"] = Number(claims["exp"]) + tolerance
  delete claims["nbf"]
}
