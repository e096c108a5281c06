/** Names of values that are secrets, in lower case: `password`, `accessToken`, `x-api-key`, `set-cookie`. Not `tokens`, which are counted. */
const secretName =
  /\bauth\b|authori[sz]ation|authentication|cookie|passw|passphrase|\bpwd\b|secret|credential|token(?!s|i[sz])|signature|session|csrf|xsrf|(?:api|access|account|auth|private|secret|signing|encryption|license)[-_. ]?key/

/** The number of names whose verdict is kept. Programs log the same names again and again. */
const keptNames = 1_000

/** Makes a function that reports whether a name of an annotation or a property is that of a secret. */
export const makeIsSecretName = (): ((name: string) => boolean) => {
  const verdicts = new Map<string, boolean>()
  return (name) => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = secretName.test(name.toLowerCase())
    if (verdicts.size < keptNames) verdicts.set(name, verdict)
    return verdict
  }
}
