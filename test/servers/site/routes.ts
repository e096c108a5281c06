import { infractions } from "./infractions.js"
import { publicRows } from "./public.js"
import { roles } from "./roles.js"
import type { Row } from "./row.js"
import { users } from "./users.js"

/** All rows of the table. The first that matches a request handles it. */
export const rows: ReadonlyArray<Row> = [...publicRows, ...users, ...roles, ...infractions]
