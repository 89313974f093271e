/** A file beside standard output, for a shipper to follow. */
import { renameSync, statSync } from 'node:fs'
import sonic from 'sonic-boom'

const maxFileBytes = 64 * 1024 * 1024

export interface LogFile {
  write(lines: string): void
  flushSync(): void
}

/** While the disk is full; what comes then is lost. */
const maxWaitingBytes = 1024 * 1024
const retryMs = 5_000

/**
 * Begun anew at 64 MiB, with the one before kept as `<path>.1`. What cannot be written is told once on standard error, and
 * tried again every 5 s.
 */
export function openLogFile(path: string, maxBytes = maxFileBytes, againMs = retryMs): LogFile {
  let bytes = 0
  let failedMs: number | null = null
  const fail = (error: Error): void => {
    if (failedMs === null)
      process.stderr.write(`basalt.log.file ${path} cannot be written: ${error.message}\n`)
    failedMs = performance.now()
  }
  const open = (): sonic.SonicBoom => {
    bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    const maxLength = maxWaitingBytes
    const opened = new sonic.SonicBoom({
      dest: path,
      append: true,
      mkdir: true,
      sync: false,
      maxLength,
    })
    opened.on('error', fail)
    opened.on('drain', () => (failedMs = null))
    return opened
  }
  let output = open()
  const beginAnew = (): void => {
    output.flushSync()
    renameSync(path, `${path}.1`)
    output.reopen()
    bytes = 0
  }
  return {
    write: (lines) => {
      if (failedMs !== null && performance.now() - failedMs < againMs) return
      try {
        if (failedMs !== null) {
          output.destroy()
          output = open()
        } else if (bytes > maxBytes) beginAnew()
        bytes += Buffer.byteLength(lines)
        output.write(lines)
      } catch (error) {
        fail(error as Error)
      }
    },
    flushSync: () => {
      if (failedMs === null) output.flushSync()
    },
  }
}
