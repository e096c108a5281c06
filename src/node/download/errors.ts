import * as Data from "effect/Data"
import { codeOf } from "../systemErrors.js"

/** A file can't be written. */
export class FileWriteError extends Data.TaggedError("FileWriteError")<{
  /** A sentence that names the file and the problem. */
  readonly message: string
  readonly path: string
  /**
   * - `NoSpace`: the disk or the quota is full, or the file would be larger than the system permits
   * - `NotPermitted`: this user may not write here, or the file system is read-only
   * - `NoFolder`: the folder of the file does not exist
   * - `InvalidPath`: no file can have this path, or something else than a file is there
   * - `Busy`: another download writes the same file
   * - `Other`: anything else, such as a disk that is damaged
   */
  readonly reason: "NoSpace" | "NotPermitted" | "NoFolder" | "InvalidPath" | "Busy" | "Other"
  /** The system's code, such as `ENOSPC`, if there is one. */
  readonly code: string | undefined
}> {}

/** The content is not as it should be. Nothing of it stays, unless it is only too short, and can be resumed. */
export class IntegrityError extends Data.TaggedError("IntegrityError")<{
  /** A sentence that names the file and the difference. */
  readonly message: string
  readonly path: string
  /**
   * - `Length`: more or fewer bytes than the response has said
   * - `Digest`: other bytes than those of the digest
   * - `Range`: a part of the content (206) that was not asked for
   * - `InvalidDigest`: the option `digest` is no digest of its algorithm. Nothing was sent
   */
  readonly reason: "Length" | "Digest" | "Range" | "InvalidDigest"
  readonly expected: string
  readonly actual: string
}> {}

const problems: Readonly<Record<string, readonly [reason: FileWriteError["reason"], problem: string] | undefined>> = {
  ENOSPC: ["NoSpace", "there is no space left on the disk"],
  EDQUOT: ["NoSpace", "the disk quota is used up"],
  EFBIG: ["NoSpace", "the file is larger than the system permits"],
  EACCES: ["NotPermitted", "this user may not write there"],
  EPERM: ["NotPermitted", "this user may not write there"],
  EROFS: ["NotPermitted", "the file system is read-only"],
  ENOENT: ["NoFolder", "the folder does not exist: make it first"],
  ENOTDIR: ["NoFolder", "a part of the path is not a folder"],
  EISDIR: ["InvalidPath", "a folder is there"],
  ENAMETOOLONG: ["InvalidPath", "the name is too long"],
  ELOOP: ["InvalidPath", "a symbolic link is there"],
  ERR_INVALID_ARG_VALUE: ["InvalidPath", "no file can have this path"]
}

/** Makes the error of a file from that of the system. */
export const fileWriteError = (path: string, cause: unknown): FileWriteError => {
  if (cause instanceof FileWriteError) return cause
  const code = codeOf(cause)
  const [reason, problem] = problems[code ?? ""] ?? ["Other", String(cause)]
  return new FileWriteError({ message: `${path} can't be written: ${problem}`, path, reason, code })
}
