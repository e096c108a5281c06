/** An upload in parts. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { sendPart } from "./api.js"
import { clicks, element, runLatest, shownIn, whileEnabled } from "./dom.js"

const input = element("upload-file", HTMLInputElement)
const cancel = element("upload-cancel", HTMLButtonElement)
const progress = element("upload-progress", HTMLProgressElement)
const show = shownIn(element("upload-status", HTMLParagraphElement))

/** In bytes. A browser tells nothing about a part that is under way, so that small parts make the progress smooth, and slow. */
const partSize = 256 * 1024

const offsets = ({ size }: File) =>
  Array.from({ length: Math.max(1, Math.ceil(size / partSize)) }, (_, index) => index * partSize)

const amount = (bytes: number) => `${Math.ceil(bytes / 1024).toLocaleString("en")} KiB`

const sendFile = (file: File) =>
  Stream.fromIterable(offsets(file)).pipe(
    // A Blob is sent from where it is: its bytes are not read into memory.
    Stream.mapEffect((offset) =>
      sendPart({ body: { name: file.name, offset, part: file.slice(offset, offset + partSize) } })
    ),
    Stream.runForEach(({ received }) => {
      progress.max = Math.max(1, file.size)
      progress.value = received
      return show(`${amount(received)} of ${amount(file.size)}`)
    }),
    Effect.zipRight(Effect.suspend(() => show(`${file.name} is uploaded: ${amount(file.size)}.`))),
    Effect.catchAll(({ message }) => show(message)),
    Effect.onInterrupt(() => show(`Cancelled. The server has ${amount(progress.value)} of ${amount(file.size)}.`)),
    whileEnabled(cancel, input)
  )

const sendChosen = Effect.suspend(() => {
  const file = input.files?.[0]
  progress.value = 0
  return file === undefined ? show("No file is chosen.") : sendFile(file)
})

/** Uploads the chosen file, until the button is pressed. */
export const upload = runLatest(
  Stream.as(Stream.fromEventListener(input, "change"), sendChosen),
  clicks(cancel, Effect.void)
)
