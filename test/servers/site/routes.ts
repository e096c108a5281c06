import { filterListAlias, filters } from "./filters.js"
import { infractions } from "./infractions.js"
import { moderation } from "./moderation.js"
import { publicRows } from "./public.js"
import { roles } from "./roles.js"
import type { Row } from "./row.js"
import { settingsRows } from "./settings.js"
import { users } from "./users.js"

/** All rows of the table. The first that matches a request handles it. */
export const rows: ReadonlyArray<Row> = [
  ...publicRows,
  ...users,
  ...roles,
  ...infractions,
  ...moderation,
  ...filters,
  ...settingsRows
]

/** All rows that are served: those of the table, and those of its alias. */
export const served: ReadonlyArray<Row> = [...rows, ...filterListAlias]
