import * as Context from "effect/Context"
import type * as HeraldAuthoriser from "../../src/Authoriser.js"
import type { ReplaceableCredentials } from "./ReplaceableCredentials.js"

/**
 * The tag of the Polympics API, for any caller: anonymous, an app or a user. Operations that only some callers may run need
 * one of the other tags instead. Use `anonymous`, `app` or `user` to make its layer.
 */
export class Authoriser extends Context.Tag("effect-herald/polympics/Authoriser")<
  Authoriser,
  HeraldAuthoriser.Authoriser
>() {}

/** The tag for callers with credentials: an app or a user. The server decides by their permissions which calls it accepts. */
export class SignedIn extends Context.Tag("effect-herald/polympics/SignedIn")<
  SignedIn,
  HeraldAuthoriser.Authoriser
>() {}

/** The tag for apps. */
export class App extends Context.Tag("effect-herald/polympics/App")<
  App,
  HeraldAuthoriser.Authoriser<ReplaceableCredentials>
>() {}

/** The tag for users, who sign in by a session. */
export class User extends Context.Tag("effect-herald/polympics/User")<
  User,
  HeraldAuthoriser.Authoriser<ReplaceableCredentials>
>() {}
