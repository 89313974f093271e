/** A file beside standard output, for a shipper to follow. */
import { renameSync, statSync } from 'node:fs'
import sonic from 'sonic-boom'

const maxFileBytes = 64 * 1024 * 1024

export interface LogFile {
  write(lines: string): void
  flushSync(): void
}

/** Begun anew at 64 MiB, with the one before kept as `<path>.1`. What cannot be written is told once on standard error, and given up. */
export function openLogFile(path: string, maxBytes = maxFileBytes): LogFile {
  const output = new sonic.SonicBoom({ dest: path, append: true, mkdir: true, sync: false })
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  let isBroken = false
  output.on('error', (error: Error) => {
    if (!isBroken)
      process.stderr.write(`basalt.log.file ${path} cannot be written: ${error.message}\n`)
    isBroken = true
  })
  const beginAnew = (): void => {
    output.flushSync()
    renameSync(path, `${path}.1`)
    output.reopen()
    bytes = 0
  }
  return {
    write: (lines) => {
      if (isBroken) return
      try {
        if (bytes > maxBytes) beginAnew()
      } catch (error) {
        output.emit('error', error)
        return
      }
      bytes += Buffer.byteLength(lines)
      output.write(lines)
    },
    flushSync: () => {
      if (!isBroken) output.flushSync()
    },
  }
}
