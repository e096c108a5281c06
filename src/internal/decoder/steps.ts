/** What decoding returns for a value that it does not accept. */
export const failed: unknown = Object.freeze({ _tag: "Failed" })

/** What decoding a property returns if the output does not have the property. */
export const absent: unknown = Object.freeze({ _tag: "Absent" })

export type Fields = Record<PropertyKey, unknown>

/** How a property is decoded. */
export interface Field {
  /** The name in the input. */
  readonly from: PropertyKey
  /** The name in the output. */
  readonly to: PropertyKey
  /** The `typeof` of values that are not checked further, or an empty string. */
  readonly type: string
  /** Decodes another value. Returns `failed`, `absent` or the value of the output. */
  readonly decode: (value: unknown, input: Fields) => unknown
}

/** Decodes some properties of a struct. Returns false for an input that it does not accept. */
export type Step = (input: Fields, output: Fields) => boolean

/** Makes a step of up to eight properties. */
type MakeStep = (fields: Eight) => Step

type Eight = readonly [Field, Field?, Field?, Field?, Field?, Field?, Field?, Field?]

/*
 * An engine caches the place of a property by the function that reads or writes it, as long as the function is used for objects of a
 * few shapes. So there are eight equal functions here, each for other properties. Access is several times slower without them.
 */

const step0: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step1: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step2: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step3: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step4: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step5: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step6: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const step7: MakeStep =
  ([a, b, c, d, e, f, g, h]) =>
  (input, output) => {
    let value: unknown
    value = input[a.from]
    if (typeof value !== a.type && (value = a.decode(value, input)) === failed) return false
    if (value !== absent) output[a.to] = value
    if (b === undefined) return true
    value = input[b.from]
    if (typeof value !== b.type && (value = b.decode(value, input)) === failed) return false
    if (value !== absent) output[b.to] = value
    if (c === undefined) return true
    value = input[c.from]
    if (typeof value !== c.type && (value = c.decode(value, input)) === failed) return false
    if (value !== absent) output[c.to] = value
    if (d === undefined) return true
    value = input[d.from]
    if (typeof value !== d.type && (value = d.decode(value, input)) === failed) return false
    if (value !== absent) output[d.to] = value
    if (e === undefined) return true
    value = input[e.from]
    if (typeof value !== e.type && (value = e.decode(value, input)) === failed) return false
    if (value !== absent) output[e.to] = value
    if (f === undefined) return true
    value = input[f.from]
    if (typeof value !== f.type && (value = f.decode(value, input)) === failed) return false
    if (value !== absent) output[f.to] = value
    if (g === undefined) return true
    value = input[g.from]
    if (typeof value !== g.type && (value = g.decode(value, input)) === failed) return false
    if (value !== absent) output[g.to] = value
    if (h === undefined) return true
    value = input[h.from]
    if (typeof value !== h.type && (value = h.decode(value, input)) === failed) return false
    if (value !== absent) output[h.to] = value
    return true
  }

const makers = [step0, step1, step2, step3, step4, step5, step6, step7]

const anyStep =
  (fields: ReadonlyArray<Field>): Step =>
  (input, output) => {
    for (let index = 0; index < fields.length; index++) {
      const { decode, from, to, type } = fields[index]!
      let value = input[from]
      if (typeof value !== type && (value = decode(value, input)) === failed) return false
      if (value !== absent) output[to] = value
    }
    return true
  }

/**
 * Makes the steps of a struct. `used` has the functions that other structs of the same decoder use. Equal structs of different
 * decoders have the same functions.
 */
export const stepsOf = (fields: ReadonlyArray<Field>, used: Set<number>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (let start = 0; start < fields.length; start += 8) {
    // Made at one place, so that they have one shape.
    const [first, ...others] = fields
      .slice(start, start + 8)
      .map(({ decode, from, to, type }): Field => ({ decode, from, to, type }))
    const names = [first, ...others].map((field) => String(field!.to)).join()
    let hash = 0
    for (let index = 0; index < names.length; index++) hash = (hash * 31 + names.charCodeAt(index)) % 8191
    const free = makers.map((_, index) => (hash + index) % makers.length).find((index) => !used.has(index))
    if (free === undefined) {
      steps.push(anyStep(fields.slice(start)))
      break
    }
    used.add(free)
    // The slice has one to eight fields, which the type of an array does not say.
    steps.push(makers[free]!([first!, ...others] as unknown as Eight))
  }
  return steps
}
