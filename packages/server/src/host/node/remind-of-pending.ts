/** What of the project a database that was there before does not have: told at the start, applied when it is asked for. */
import { pendingFiles } from '#host/platform'
import type { LocalDatabase, LocalDatabaseOptions } from './local-database.ts'

export async function remindOfPending(
  { workdir, config, onWarning }: LocalDatabaseOptions,
  { userUrl, isEmbedded }: LocalDatabase,
): Promise<void> {
  const { migrations, seeds } = await pendingFiles({ databaseUrl: userUrl, workdir, config })
  if (migrations.length > 0) {
    const what = migrations.length === 1 ? 'migration is' : 'migrations are'
    const remedy = isEmbedded
      ? 'run basalt migration up'
      : 'basalt start --apply-migrations does it'
    onWarning(`${migrations.length} ${what} not yet applied; ${remedy}: ${listed(migrations)}`)
  }
  // a database of ours got its seeds when it was made
  if (seeds.length > 0 && !isEmbedded) {
    const what = seeds.length === 1 ? 'seed file is' : 'seed files are'
    onWarning(`${seeds.length} ${what} not run; basalt start --seed does it: ${listed(seeds)}`)
  }
}

const mostListed = 10

function listed(names: readonly string[]): string {
  const more = names.length - mostListed
  return [...names.slice(0, mostListed), ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}
