import * as Context from "effect/Context"
import type * as Kit from "../../src/Authoriser.js"
import type { ReplaceableCaller } from "./ReplaceableCaller.js"

/**
 * Whoever calls the Polympics API: nobody, an app or a user. Every operation needs one; those that only some may call need
 * one of the tags below instead.
 */
export class Authoriser
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/Authoriser")<Authoriser, Kit.Authoriser>() {}

/** A caller with credentials: an app or a user. What they may do depends on their permissions, which the server knows. */
export class SignedIn
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/SignedIn")<SignedIn, Kit.Authoriser>() {}

/** An app. */
export class App extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/App")<App, ReplaceableCaller>() {}

/** A user, by a session. */
export class User extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/User")<User, ReplaceableCaller>() {}
