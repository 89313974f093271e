/** What a key may use. */
import type { ReactElement } from 'react'
import { literal } from '#studio/catalog'
import { TextField } from '#studio/ui'

export interface Limits {
  readonly rate: string
  readonly quota: string
  /** `2026-12-31`, or empty. */
  readonly expires: string
  /** Ranges, separated by commas or spaces; empty: any. */
  readonly addresses: string
}

const isCount = (text: string): boolean => /^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31
const ranges = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)
const isRange = (text: string): boolean => /^[\da-fA-F.:]+(?:\/\d{1,3})?$/.test(text)

export function problemOf({ rate, quota, expires, addresses }: Limits): string | null {
  if (!isCount(rate) || !isCount(quota)) return 'A whole number, 1 and more'
  if (expires !== '' && Number.isNaN(Date.parse(expires))) return 'A date'
  return ranges(addresses).every(isRange) ? null : 'Ranges like 10.0.0.0/8'
}

/** Values of rate_limit, monthly_quota, expires_at and allowed_ips as SQL. */
export function limitsOf({ rate, quota, expires, addresses }: Limits): string[] {
  const list = ranges(addresses)
  return [
    String(Number(rate)),
    String(Number(quota)),
    expires === '' ? 'null' : `${literal(new Date(expires).toISOString())}::timestamptz`,
    list.length === 0 ? 'null' : `${literal(`{${list.join(',')}}`)}::cidr[]`,
  ]
}

export function LimitFields({
  value,
  onChange,
}: {
  readonly value: Limits
  readonly onChange: (limits: Limits) => void
}): ReactElement {
  const wrong = (text: string): string | null =>
    isCount(text) ? null : 'A whole number, 1 and more'
  return (
    <div className="key-limits">
      <TextField
        label="Requests a minute"
        inputMode="numeric"
        value={value.rate}
        problem={wrong(value.rate)}
        onChange={(event) => onChange({ ...value, rate: event.target.value.trim() })}
      />
      <TextField
        label="Requests a month"
        inputMode="numeric"
        value={value.quota}
        problem={wrong(value.quota)}
        onChange={(event) => onChange({ ...value, quota: event.target.value.trim() })}
      />
      <TextField
        label="Ends on"
        type="date"
        value={value.expires}
        help="Empty: never."
        onChange={(event) => onChange({ ...value, expires: event.target.value })}
      />
      <TextField
        label="From these addresses only"
        mono
        value={value.addresses}
        placeholder="10.0.0.0/8, 2001:db8::/32"
        problem={ranges(value.addresses).every(isRange) ? null : 'Ranges like 10.0.0.0/8'}
        help="Empty: from any."
        onChange={(event) => onChange({ ...value, addresses: event.target.value })}
      />
    </div>
  )
}
