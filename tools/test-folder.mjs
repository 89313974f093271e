/** Where tests keep their files: in memory, where there is room. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const memory = '/dev/shm'
/** A whole run holds 1 GB at most. */
const minFreeBytes = 4 * 2 ** 30
const mine = /^basalt-tests-(\d+)$/

/**
 * Points TMPDIR there for this process and its children, unless it is set. Databases of tests come and go by hundreds of
 * files: ext4 looked for free inodes for a third of the processor time of Postgres, and fsync waits for a disk.
 */
export function keepTestsInMemory() {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return
  for (const name of readdirSync(memory)) {
    const pid = mine.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(memory, name))
  }
  const folder = join(memory, `basalt-tests-${process.pid}`)
  mkdirSync(folder)
  process.env.TMPDIR = folder
  process.on('exit', () => remove(folder))
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(memory)
    // tests run scripts that they write
    const mount = readFileSync('/proc/mounts', 'utf8').match(/^\S+ \/dev\/shm tmpfs (\S+)/m)
    return bavail * bsize > minFreeBytes && mount !== null && !/\bnoexec\b/.test(mount[1])
  } catch {
    return false
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}
