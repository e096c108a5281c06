import * as Schema from "effect/Schema"
import { unknownReference } from "../../../schemas/site/errors.js"
import { IdText } from "../../../schemas/site/Id.js"
import { Reminder, ReminderChangesForm, ReminderForm, ReminderId } from "../../../schemas/site/Reminder.js"
import * as Body from "../../../src/Body.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { badRequestOr, withNotFound, withoutNotFound, withUnknownReference } from "./errors.js"

const includeInactive = () => Schema.optional(Schema.Boolean).pipe(Schema.fromKey("include_inactive"))

export const getReminders = () =>
  Endpoint.get("/bot/reminders", {
    name: "getReminders",
    query: {
      active: Schema.optional(Schema.Boolean),
      author: Schema.optional(IdText).pipe(Schema.fromKey("author__id")),
      includeInactive: includeInactive()
    },
    success: { 200: Schema.Array(Reminder) },
    errors: withoutNotFound()
  })

export const createReminder = () =>
  Endpoint.post("/bot/reminders", {
    name: "createReminder",
    body: ReminderForm,
    success: { 201: Reminder },
    errors: withUnknownReference()
  })

export const getReminder = () =>
  Endpoint.get("/bot/reminders/{id}", {
    name: "getReminder",
    path: { id: ReminderId },
    query: { includeInactive: includeInactive() },
    success: { 200: Reminder },
    errors: withNotFound()
  })

const changeErrors = () => ({ ...withNotFound(), 400: badRequestOr(unknownReference()) })

export const replaceReminder = () =>
  Endpoint.put("/bot/reminders/{id}", {
    name: "replaceReminder",
    path: { id: ReminderId },
    body: ReminderForm,
    success: { 200: Reminder },
    errors: changeErrors()
  })

export const updateReminder = () =>
  Endpoint.patch("/bot/reminders/{id}", {
    name: "updateReminder",
    path: { id: ReminderId },
    body: ReminderChangesForm,
    success: { 200: Reminder },
    errors: changeErrors(),
    idempotent: true
  })

export const deleteReminder = () =>
  Endpoint.delete("/bot/reminders/{id}", {
    name: "deleteReminder",
    path: { id: ReminderId },
    success: { 204: Body.empty() },
    errors: withNotFound()
  })
