import * as Context from "effect/Context"
import type * as HeraldAuthoriser from "../../src/Authoriser.js"

/** The tag of the Civis API. Use `layer` or `layerConfig` to make its layer. */
export class Authoriser extends Context.Tag("effect-herald/civis/Authoriser")<
  Authoriser,
  HeraldAuthoriser.Authoriser
>() {}
