/** supabase/.temp of a project, made when missing and kept out of git. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function openTempFolder(workdir: string): string {
  const folder = join(workdir, 'supabase', '.temp')
  mkdirSync(folder, { recursive: true })
  const ignore = join(folder, '.gitignore')
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
  return folder
}
