import * as Context from "effect/Context"
import type * as Kit from "../../src/Authoriser.js"
import type { ReplaceableCredentials } from "./ReplaceableCredentials.js"

/**
 * The tag of the Polympics API, for any caller: anonymous, an app or a user. Operations that only some callers may run need
 * one of the other tags instead. Use `anonymous`, `app` or `user` to make its layer.
 */
export class Authoriser
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/Authoriser")<Authoriser, Kit.Authoriser>() {}

/** The tag for callers with credentials: an app or a user. The server decides by their permissions which calls it accepts. */
export class SignedIn
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/SignedIn")<SignedIn, Kit.Authoriser>() {}

/** The tag for apps. */
export class App
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/App")<App, Kit.Authoriser<ReplaceableCredentials>>() {}

/** The tag for users, who sign in by a session. */
export class User
  extends /*#__PURE__*/ Context.Tag("effect-herald/polympics/User")<User, Kit.Authoriser<ReplaceableCredentials>>() {}
