/** Keys as the server tells them. */

export interface ProjectKeys {
  readonly anon_key: string
  readonly service_role_key: string
  readonly publishable_key: string
  readonly secret_key: string
  readonly signing: 'HS256' | 'ES256'
  /** When earlier sets end that are still good. */
  readonly retired_until: readonly string[]
}

export interface CustomerKeysState {
  readonly enabled: boolean
  readonly installed: boolean
  readonly keys: number | null
  readonly max_rate_limit: number
  readonly max_monthly_quota: number
  readonly max_keys_per_user: number
  readonly usage_retention_seconds: number
}

export interface CustomerKey {
  readonly id: string
  readonly user_id: string
  readonly email: string | null
  readonly name: string
  readonly permissions: Readonly<Record<string, unknown>>
  /** Requests a minute. */
  readonly rate_limit: number
  /** Requests a month. */
  readonly monthly_quota: number
  /** Of this month. */
  readonly usage_count: number
  readonly last_used_at: string | null
  readonly expires_at: string | null
  readonly created_at: string
  readonly allowed_ips: readonly string[] | null
}

export const isExpired = ({ expires_at: at }: CustomerKey): boolean =>
  at !== null && new Date(at).getTime() <= Date.now()

export function permissionsOf({ read, write }: CustomerKey['permissions']): string {
  if (read !== true) return 'nothing'
  return write === true ? 'read and write' : 'read'
}
