/** The runtimes, in the order of the tables. */
export const runtimes = ["Node 20", "Node 22", "Node 24", "Node 26", "Bun", "Deno", "workerd", "Chromium"] as const

export type Runtime = (typeof runtimes)[number]
