/** The part of `withReplying` in the script: prepares, reports that the script is ready, and replies. The script ends with its parent. */
export const reply = async <Message>(prepare: () => Promise<(message: Message) => unknown>) => {
  process.once("disconnect", () => process.exit())
  if (!process.connected) process.exit()
  const replyTo = await prepare()
  // The parent sends messages of this type.
  const send = async (message: unknown) => process.send!(await replyTo(message as Message))
  process.on("message", (message) => void send(message))
  process.send!("ready")
}
