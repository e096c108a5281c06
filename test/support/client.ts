import { clients } from "./clients.js"

/**
 * The transport on which the suite runs: the one that the variable `HERALD_TRANSPORT` names, by default the first one of
 * `clients.ts`. `npm run test:transports` runs the tests that import this module, so those of transports import `clients` alone.
 */
export const [, client] = clients[0]!
