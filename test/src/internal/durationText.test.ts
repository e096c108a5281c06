import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { durationText } from "../../../src/internal/durationText.js"

it.each([
  ["0 ms", Duration.zero],
  ["less than 1 ms", Duration.micros(700n)],
  ["250 ms", Duration.millis(250)],
  ["1 second", Duration.millis(999.6)],
  ["1.5 seconds", Duration.millis(1500)],
  ["59.9 seconds", Duration.millis(59_940)],
  ["1 minute", Duration.millis(59_960)],
  ["2 minutes 5 seconds", Duration.seconds(125)],
  ["1 hour", Duration.millis(3_599_999)],
  ["1 hour", Duration.hours(1)],
  ["1 hour 1 minute", Duration.minutes(61)],
  ["1 day", Duration.millis(86_399_999)],
  ["2 days 3 hours", Duration.hours(51)],
  ["12345 days", Duration.days(12_345)],
  ["an unlimited time", Duration.infinity]
])("a duration in a message has its two largest units: %s", (text, duration) => {
  expect(durationText(duration)).toBe(text)
})
