/** All platforms of a test run behind pgbouncer: `npm run drill:pgbouncer` asks for it. */
import type { Config } from '#base/config'
import { parseConnectionUrl } from '#base/db'
import { findPgbouncer, startPgbouncer } from './pgbouncer.ts'
import type { Pgbouncer } from './pgbouncer.ts'

/** `plain`: nothing is prepared, as pgbouncer before 1.21 needs it; `preparing`: it keeps prepared statements. */
const wanted = process.env['BASALT_TEST_POOLER']

/** What the pooler can. */
export const preparing: Partial<Config> = {
  'basalt.db.prepared_statements': wanted === 'preparing',
}

const poolers = new Map<string, Promise<Pgbouncer>>()

/** One a server, until this process ends. */
export function poolerOf(url: string): Promise<Pgbouncer> | null {
  if (wanted === undefined) return null
  const program = findPgbouncer()
  if (program === null) throw new Error('there is no pgbouncer')
  const { host } = new URL(url)
  const settings = wanted === 'preparing' ? ['max_prepared_statements=200'] : []
  let pooler = poolers.get(host)
  if (pooler === undefined) {
    pooler = startPgbouncer(program, parseConnectionUrl(url), { logins: 'own', settings })
    poolers.set(host, pooler)
  }
  return pooler
}

export function urlBehind(pooler: Pgbouncer, url: string): string {
  const behind = new URL(url)
  behind.port = String(pooler.port)
  return behind.href
}
