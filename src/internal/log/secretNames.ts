/** Names of values that are secrets, in lower case: `password`, `accessToken`, `x-api-key`, `set-cookie`. */
const secretName =
  /\bauth(?![a-z])|auth[-_.]?header|authori[sz]ation|authentication|cookie(?![-_. ]?consent)|passw(?!ordless)|passphrase|\bpwd\b|secret(?!ar[iy])|credential|token(?!s|i[sz])|\bjwt\b|bearer|signature|session|csrf|xsrf|(?:api|access|account|auth|private|secret|signing|encryption|license)[-_. ]?key/

/** Names of values that are secrets, unless they are numbers: `tokens` are counted, too. */
const countableName = /tokens/

/** The number of names whose verdict is kept. Programs log the same names again and again. */
const keptNames = 1_000

type Verdict = "secret" | "countable" | "harmless"

const verdictOf = (name: string): Verdict =>
  secretName.test(name) ? "secret" : countableName.test(name) ? "countable" : "harmless"

/** Reports whether the value of an annotation or a property is a secret, by its name. */
export type IsSecret = (name: string, value: unknown) => boolean

export const makeIsSecret = (): IsSecret => {
  const verdicts = new Map<string, Verdict>()
  const lookUp = (name: string): Verdict => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = verdictOf(name.toLowerCase())
    if (verdicts.size < keptNames) verdicts.set(name, verdict)
    return verdict
  }
  return (name, value) => {
    // A flag says about a secret, such as `hasToken: true`; null and undefined say that there is none.
    if (typeof value === "boolean" || value === undefined || value === null) return false
    const verdict = lookUp(name)
    return verdict === "secret" || (verdict === "countable" && typeof value !== "number" && typeof value !== "bigint")
  }
}
