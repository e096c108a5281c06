/** The messages between the benchmark `call` and the process of its clients. */
import type { Client } from "./callPeers.js"
import type { Cost, Slice } from "./slices.js"

/** Contenders that are compared with one another: clients, one call with each feature, and calls that fail once. */
export type Group = "clients" | "features" | "retries"

/** The names of all contenders, by group. */
export interface Listing extends Record<Exclude<Group, "clients">, ReadonlyArray<string>> {
  readonly clients: ReadonlyArray<Pick<Client, "name" | "checks">>
}

export type Message = "list" | (Slice & { readonly group: Group })
export type Reply<M extends Message> = M extends "list" ? Listing : Cost
