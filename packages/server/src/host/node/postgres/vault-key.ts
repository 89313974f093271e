/** The root key of supabase_vault: a file in the data folder, which only Postgres itself and its superuser can read. */
import { randomBytes } from 'node:crypto'
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { give } from './postgres-account.ts'
import type { Account } from './postgres-account.ts'
import { StartError } from '#host/node/core'

/** A name that a base backup leaves out: `postgres` may stream one, and must not have the key. */
const keyFile = 'pgsql_tmp.vault.key'
const formerFile = 'vault.key'

/**
 * Sees to it that there is one: `given`, or a random one made once. Never follows a link: the folder belongs to whoever
 * Postgres runs as. @throws StartError when `given` is none.
 */
export function placeVaultKey(
  dataDir: string,
  account: Account | null,
  given: string | undefined,
): void {
  if (given !== undefined && !/^[0-9a-f]{64}$/i.test(given)) {
    throw new StartError(
      'config',
      'db.root_key must be 64 hexadecimal digits (openssl rand -hex 32), or be left out.',
    )
  }
  const path = join(dataDir, keyFile)
  const former = join(dataDir, formerFile)
  if (lstatSync(former, { throwIfNoEntry: false })?.isFile() === true) renameSync(former, path)
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile() === true && (given === undefined || readFileSync(path, 'utf8') === given))
    return
  rmSync(path, { force: true })
  writeFileSync(path, given ?? randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  if (account !== null) give(path, account)
}

/** The one of a data folder; null where it has none. */
export function readVaultKey(dataDir: string): string | null {
  for (const name of [keyFile, formerFile]) {
    const path = join(dataDir, name)
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
      return readFileSync(path, 'utf8').trim()
  }
  return null
}
