/** What a process uses, as the operating system counts it. Linux tells by files; elsewhere nothing is counted (null). */
import { readFileSync, readdirSync, lstatSync } from 'node:fs'
import { join } from 'node:path'

export interface ProcessUsage {
  readonly residentBytes: number
  readonly cpuMs: number
}

const pageBytes = 4096
/** USER_HZ: of every Linux there is. */
const tickMs = 10

/** 30 µs. Null when it is gone, or not to be seen. */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const memory = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name before it is in brackets and may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      residentBytes: Number(memory[1]) * pageBytes,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
    }
  } catch {
    return null
  }
}

/** Bytes of the files below a folder; stops counting past `limit`, and after so many entries as it takes to be slow. */
export function bytesBelow(folder: string, limit: number, entries = { left: 10_000 }): number {
  let bytes = 0
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    return 0
  }
  for (const name of names) {
    if (entries.left-- <= 0) return limit + 1
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false })
    if (stat === undefined) continue
    bytes += stat.isDirectory()
      ? bytesBelow(join(folder, name), limit - bytes, entries)
      : stat.blocks * 512
    if (bytes > limit) return bytes
  }
  return bytes
}
