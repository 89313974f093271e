/** Where tests keep databases: in memory, where there is room. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** The server of a whole run, its clones and its log. */
const minFreeBytes = 4 * 2 ** 30
const ours = /^basalt test (\d+) /

/**
 * A new folder that everybody may enter, for its maker to remove; what processes that have ended left in memory goes.
 * Databases of tests come and go by hundreds of files: ext4 looked for free inodes for a third of Postgres' processor time,
 * and fsync waits for a disk.
 */
export function makeTestFolder(): string {
  const parent = hasRoom() ? memory : tmpdir()
  if (parent === memory) removeAbandoned()
  const folder = mkdtempSync(join(parent, `basalt test ${process.pid} `))
  chmodSync(folder, 0o755)
  return folder
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize > minFreeBytes && /^\S+ \/dev\/shm tmpfs /m.test(mounts())
  } catch {
    return false
  }
}

const mounts = (): string => readFileSync('/proc/mounts', 'utf8')

function removeAbandoned(): void {
  for (const name of readdirSync(memory)) {
    const pid = ours.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(memory, name), { recursive: true, force: true })
  }
}
