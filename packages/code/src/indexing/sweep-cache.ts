/** Folders of git whose repository is gone: they are only a cache, and the disk is not for ever. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CodeConfig } from '#config'
import type { Database } from '#postgres'

const folderName = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.git$/

/** Resolves to how many were removed. */
export async function sweepCache(db: Database, config: CodeConfig): Promise<number> {
  const folder = join(config.dataDir, 'git')
  const names = await readdir(folder).catch(() => [])
  const ids = names.flatMap((name) => folderName.exec(name)?.[1] ?? [])
  if (ids.length === 0) return 0
  const gone = await db.query<{ id: string }>(
    'code.findGoneRepositories',
    `select id from unnest($1::uuid[]) known (id) where not exists (select from public.repositories where repositories.id = known.id)`,
    [ids],
  )
  for (const { id } of gone) await rm(join(folder, `${id}.git`), { recursive: true, force: true })
  return gone.length
}
