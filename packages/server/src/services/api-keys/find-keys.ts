/** What the database knows of keys, as the gateway needs it. */
import { BlockList, isIP } from 'node:net'
import { decodeRows } from '#base/db'
import type { Database, Result, Session } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Authentication } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'

/** The project may replace what is in `public`: its SQL runs as no more than the service role, which may do all there anyway. */
export const serviceSession: Session = {
  role: 'service_role',
  settings: [
    ['search_path', ''],
    ['timezone', 'UTC'],
    ['request.jwt.claims', '{"role":"service_role"}'],
  ],
}

export interface CustomerKey {
  readonly id: string
  readonly hash: string
  readonly mayRead: boolean
  readonly rateLimit: number
  readonly monthlyQuota: number
  /** Of this month, when it was read. */
  readonly used: number
  /** Unix ms; null for one that does not expire. */
  readonly expiresAtMs: number | null
  /** Null: from anywhere. */
  readonly ranges: BlockList | null
  readonly isBanned: boolean
  readonly claims: JsonObject
  readonly claimsJson: string
  readonly authentication: Extract<Authentication, { readonly ok: true }>
}

interface KeyRow {
  readonly key_hash: string
  readonly id: string
  readonly permissions: JsonObject
  readonly rate_limit: number
  readonly monthly_quota: number
  readonly used: number
  readonly expires_at_ms: number | null
  readonly allowed_ips: readonly string[] | null
  readonly is_banned: boolean
  readonly claims: JsonObject
}

const timeoutMs = 5_000

/** Keys by their hash; what is not there is not among them. */
export async function findKeys(
  db: Database,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, KeyRow>> {
  const [result] = await db.transaction(
    serviceSession,
    [
      sql`/* apiKeys.find */ select * from basalt_keys.find(${arrayLiteral(hashes)}::pg_catalog.text[])`,
    ],
    { lane: 'read', leaves: 'settings', timeoutMs },
  )
  return new Map(decodeRows<KeyRow>(result as Result).map((row) => [row.key_hash, row]))
}

/** `key` is what services take as the token of the request. */
export function customerKeyOf(row: KeyRow, key: string): CustomerKey {
  const { claims } = row
  const claimsJson = JSON.stringify(claims)
  const caller = { role: 'authenticated', claims, claimsJson, apiKeyId: row.id }
  return {
    id: row.id,
    hash: row.key_hash,
    mayRead: row.permissions['read'] === true,
    rateLimit: row.rate_limit,
    monthlyQuota: row.monthly_quota,
    used: row.used,
    expiresAtMs: row.expires_at_ms,
    ranges: rangesOf(row.allowed_ips),
    isBanned: row.is_banned,
    claims,
    claimsJson,
    authentication: { ok: true, token: key, caller },
  }
}

/** `10.0.0.0/8`, `2001:db8::/32` */
function rangesOf(cidrs: readonly string[] | null): BlockList | null {
  if (cidrs === null) return null
  const ranges = new BlockList()
  for (const cidr of cidrs) {
    const [network = '', prefix = ''] = cidr.split('/')
    ranges.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return ranges
}

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Whether the key may be used from this address; in process there is none. */
export function isAllowedFrom({ ranges }: CustomerKey, remoteAddress: string): boolean {
  if (ranges === null) return true
  const address = mapped.exec(remoteAddress)?.[1] ?? remoteAddress
  const version = isIP(address)
  return version !== 0 && ranges.check(address, version === 6 ? 'ipv6' : 'ipv4')
}
