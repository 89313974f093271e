/** What a process uses, as the operating system counts it. Linux tells by files; elsewhere nothing is counted (null). */
import { readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
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

const maxDepth = 64

/** Bytes of the files below a folder; more than `limit` where there are so many, or so deep, that counting takes its time, and where it may not look. */
export async function bytesBelow(
  folder: string,
  limit: number,
  entries = { left: 10_000 },
  depth = 0,
): Promise<number> {
  let bytes = 0
  const names = await readdir(folder).catch(ifGone)
  if (names === null || depth > maxDepth) return limit + 1
  for (const name of names) {
    if (entries.left-- <= 0) return limit + 1
    const path = join(folder, name)
    const stat = await lstat(path).catch(() => null)
    if (stat === null) continue
    bytes += stat.isDirectory()
      ? await bytesBelow(path, limit - bytes, entries, depth + 1)
      : stat.blocks * 512
    if (bytes > limit) return bytes
  }
  return bytes
}

/** Null: it is there, and closed. */
function ifGone(error: NodeJS.ErrnoException): string[] | null {
  return error.code === 'ENOENT' ? [] : null
}
