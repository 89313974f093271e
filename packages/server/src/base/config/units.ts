/** Durations and sizes as people write them. */

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go's notation → milliseconds: `1h30m` → 5400000, `1.5s` → 1500, `0` → 0; a number is seconds. */
export function parseDuration(raw: unknown): number {
  if (typeof raw === 'number' && raw >= 0) return raw * 1000
  if (typeof raw === 'string') {
    if (/^\d+$/.test(raw)) return Number(raw) * 1000
    const parts = [...raw.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)]
    if (parts.length > 0 && parts.map(([whole]) => whole).join('') === raw) {
      const total = parts.reduce(
        (sum, [, n, unit]) => sum + Number(n) * (durationUnits[unit ?? ''] ?? 0),
        0,
      )
      return Math.round(total)
    }
  }
  throw new Error('expected a duration like "1h30m" or "10s"')
}

/** The shortest of our notations: 5400000 → `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = ms
  let text = ''
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = durationUnits[unit] ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

const sizeUnits = ['', 'k', 'm', 'g', 't', 'p']

/** Docker's notation, binary units: `50MiB`, `50MB` and `50m` → 52428800; a number is bytes. */
export function parseBytes(raw: unknown): number {
  if (typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0) return raw
  const parts = typeof raw === 'string' ? /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?$/i.exec(raw) : null
  if (parts === null) throw new Error('expected a size like "50MiB"')
  return Math.floor(Number(parts[1]) * 1024 ** sizeUnits.indexOf((parts[2] ?? '').toLowerCase()))
}

/** 52428800 → `50MiB`, 1000 → `1000` (a number) */
export function formatBytes(size: number): string | number {
  let value = size
  let unit = 0
  while (value >= 1024 && value % 1024 === 0 && unit < sizeUnits.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? size : `${value}${(sizeUnits[unit] ?? '').toUpperCase()}iB`
}
