/**
 * Reads LevelDB's files and checks every checksum in them: LevelDB itself does so only when compacting, and drops damaged
 * records of its log silently.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLog } from './log-format.ts'
import { readVarint, verifyTable } from './table-format.ts'

export interface Damage {
  file: string
  what: string
}

/** Damages found, none is good. Tables that are in no version, as an interrupted compaction leaves them, are not looked at. */
export async function verifyFiles(dataDir: string): Promise<Damage[]> {
  const files = (await readdir(dataDir)).toSorted()
  const damages: Damage[] = []
  const live = await liveTables(dataDir, damages)
  for (const file of files) {
    const isTable = /\.(ldb|sst)$/.test(file)
    if (isTable && live?.has(Number.parseInt(file, 10)) === false) continue
    if (!isTable && !file.endsWith('.log')) continue
    const bytes = await readFile(join(dataDir, file))
    const what = isTable ? verifyTable(bytes) : readLog(bytes).problem
    if (what !== undefined) damages.push({ file, what })
  }
  const there = new Set(files.map((file) => Number.parseInt(file, 10)))
  for (const number of live ?? [])
    if (!there.has(number))
      damages.push({ file: `${String(number).padStart(6, '0')}.ldb`, what: 'it is missing' })
  return damages
}

/** Numbers of the tables of the current version; undefined where that cannot be read, or there is no database yet. */
async function liveTables(dataDir: string, damages: Damage[]): Promise<Set<number> | undefined> {
  const current = await readFile(join(dataDir, 'CURRENT'), 'utf8').catch(() => undefined)
  if (current === undefined) return undefined
  const file = current.trim()
  const bytes = /^MANIFEST-\d+$/.test(file)
    ? await readFile(join(dataDir, file)).catch(() => undefined)
    : undefined
  if (bytes === undefined) {
    damages.push({ file: 'CURRENT', what: `it names "${file.slice(0, 40)}", which is not there` })
    return undefined
  }
  const { records, problem } = readLog(bytes)
  if (problem !== undefined) {
    damages.push({ file, what: problem })
    return undefined
  }
  const live = new Set<number>()
  for (const record of records) applyEdit(record, live)
  return live
}

/** A change of version: tags with numbers and texts behind them. */
function applyEdit(record: Buffer, live: Set<number>): void {
  let at = 0
  const number = (): number => {
    const [value, next] = readVarint(record, at)
    at = next
    return value
  }
  const skipText = (): void => {
    const length = number()
    at += length
  }
  while (at < record.length) {
    const tag = number()
    if (tag === 1) skipText()
    else if (tag === 5) {
      number()
      skipText()
    } else if (tag === 6) {
      number()
      live.delete(number())
    } else if (tag === 7) {
      number()
      live.add(number())
      number()
      skipText()
      skipText()
    } else if ([2, 3, 4, 9].includes(tag)) number()
    else return
  }
}
