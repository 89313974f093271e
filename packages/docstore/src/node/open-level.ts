/** Opens LevelDB in a folder: one process at a time, files checked first, every failure told in words. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { failure } from '#kernel'
import { createLevelEngine, type Engine } from '#engine'
import { verifyFiles } from './verify-files.ts'

export interface LevelOptions {
  dataDir: string
  /** `full` reads every file and checks its sums before opening (some 230 MB a second); `none` trusts the disk. */
  verify: 'full' | 'none'
  /** LevelDB's cache of blocks. */
  cacheBytes: number
  /** What is gathered in memory before a file is written. */
  writeBufferBytes: number
}

const holderFile = 'HOLDER'
/** Folders this process has open: their files are being written. */
const openHere = new Set<string>()

export async function openLevelEngine(options: LevelOptions): Promise<Engine> {
  const { dataDir } = options
  await mkdir(dataDir, { recursive: true })
  // the files of a database that another process writes to are not checked: it is refused anyway
  if (options.verify === 'full' && !openHere.has(dataDir) && !(await isHeld(dataDir)))
    await assertIntact(dataDir)
  // opens by itself from here on: not before the files are checked
  const level = new ClassicLevel<string, string>(dataDir, {
    keyEncoding: 'utf8',
    cacheSize: options.cacheBytes,
    writeBufferSize: options.writeBufferBytes,
  })
  try {
    await level.open()
  } catch (error) {
    throw await explain(dataDir, error)
  }
  await writeFile(
    join(dataDir, holderFile),
    JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
  )
  openHere.add(dataDir)
  const engine = createLevelEngine(level)
  const close = engine.close.bind(engine)
  engine.close = async () => {
    await close()
    openHere.delete(dataDir)
    await rm(join(dataDir, holderFile), { force: true })
  }
  return engine
}

async function assertIntact(dataDir: string): Promise<void> {
  const [first, ...more] = await verifyFiles(dataDir)
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` (and ${more.length} more files)`
  throw failure('database_corrupt', { where: join(dataDir, first.file), what: first.what + others })
}

async function explain(dataDir: string, error: unknown): Promise<Error> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const { code, message } = cause as { code?: string; message?: string }
  if (code === 'LEVEL_LOCKED' || /lock/i.test(message ?? ''))
    return failure('database_locked', { dataDir, holder: await describeHolder(dataDir) }, error)
  const what = message ?? String(cause)
  if (code === 'LEVEL_CORRUPTION' || /corrupt|CURRENT|MANIFEST|missing file/i.test(what))
    return failure('database_corrupt', { where: dataDir, what }, error)
  return failure('write_failed', { cause: `"${dataDir}" cannot be opened: ${what}` }, error)
}

interface Holder {
  pid: number
  host: string
  since: string
}

async function readHolder(dataDir: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, holderFile), 'utf8')) as Holder
  } catch {
    return undefined
  }
}

async function describeHolder(dataDir: string): Promise<string> {
  const holder = await readHolder(dataDir)
  if (holder === undefined) return 'another process'
  const who =
    holder.pid === process.pid
      ? `this process (pid ${holder.pid}), which opened it before`
      : `process ${holder.pid}`
  return `${who} on ${holder.host}, since ${holder.since}`
}

/** Whether the process that opened it last still lives. Only saves the check of files that are being written. */
async function isHeld(dataDir: string): Promise<boolean> {
  const holder = await readHolder(dataDir)
  if (holder === undefined || holder.host !== hostname()) return false
  try {
    process.kill(holder.pid, 0)
    return holder.pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
