/** That the stored log has a gap and no backup behind it: known also to the next start. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTempFolder } from './temp-folder.ts'

const fileOf = (workdir: string): string => join(workdir, 'supabase', '.temp', 'backup-gap')

/** `coveredMs`: up to when a restore gets; null where that is not known. */
export function writeGap(workdir: string, coveredMs: number | null): void {
  openTempFolder(workdir)
  writeFileSync(fileOf(workdir), String(coveredMs ?? ''))
}

/** Undefined where there is none. */
export function readGap(workdir: string): number | null | undefined {
  if (!existsSync(fileOf(workdir))) return undefined
  const ms = Number.parseInt(readFileSync(fileOf(workdir), 'utf8'), 10)
  return Number.isNaN(ms) ? null : ms
}

export function removeGap(workdir: string): void {
  rmSync(fileOf(workdir), { force: true })
}
