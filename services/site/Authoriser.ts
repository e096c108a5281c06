import * as Context from "effect/Context"
import type * as HeraldAuthoriser from "../../src/Authoriser.js"

/** The tag of the site API. Use `layer` or `layerConfig` to make its layer. */
export class Authoriser extends Context.Tag("effect-herald/site/Authoriser")<
  Authoriser,
  HeraldAuthoriser.Authoriser
>() {}
