/** Folders that change places together: also when the process is killed in between. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** From a path to one where nothing is. */
export type Move = readonly [from: string, to: string]

/** Of a restore of the project, see `basalt backup restore`. */
export function restoreJournal(workdir: string): string {
  return join(workdir, 'supabase', '.temp', 'restore.json')
}

/** All or none. `journal` tells `finishMoves` of those that are still to be made. */
export function moveFolders(journal: string, moves: readonly Move[]): void {
  writeWhole(journal, JSON.stringify(moves))
  const made: Move[] = []
  try {
    for (const move of moves) {
      renameSync(...move)
      made.push(move)
    }
  } catch (error) {
    for (const [from, to] of made.toReversed()) renameSync(to, from)
    rmSync(journal, { force: true })
    throw error
  }
  rmSync(journal)
}

/** What a killed process had begun. */
export function finishMoves(journal: string): void {
  if (!existsSync(journal)) return
  for (const [from, to] of JSON.parse(readFileSync(journal, 'utf8')) as readonly Move[])
    if (existsSync(from) && !existsSync(to)) renameSync(from, to)
  rmSync(journal)
}

function writeWhole(path: string, text: string): void {
  const draft = `${path}.draft`
  writeFileSync(draft, text, { mode: 0o600 })
  const file = openSync(draft, 'r')
  fsyncSync(file)
  closeSync(file)
  renameSync(draft, path)
}
