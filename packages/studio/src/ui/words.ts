/** Numbers, sizes and times as people read them. */
const whole = new Intl.NumberFormat('en-US')

export const count = (value: number): string => whole.format(value)

/** `3 rows`, `1 row` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let at = 0
  let rest = value
  while (rest >= 1000 && at < units.length - 1) {
    rest /= 1000
    at++
  }
  return `${at === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[at]}`
}

export function milliseconds(value: number): string {
  if (value < 1) return `${value.toFixed(2)} ms`
  if (value < 10) return `${value.toFixed(1)} ms`
  if (value < 1000) return `${Math.round(value)} ms`
  return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`
}

/** `3 minutes ago`; the exact time belongs into a tooltip. */
export function ago(time: string | number | Date, now = Date.now()): string {
  const seconds = Math.round((now - new Date(time).getTime()) / 1000)
  if (Number.isNaN(seconds)) return String(time)
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, 'second'],
    [3600, 'minute'],
    [86_400, 'hour'],
    [2_592_000, 'day'],
    [31_536_000, 'month'],
  ]
  let size = 1
  for (const [limit, unit] of steps) {
    if (Math.abs(seconds) < limit) return format.format(-Math.round(seconds / size), unit)
    size = limit
  }
  return format.format(-Math.round(seconds / 31_536_000), 'year')
}

/** `2026-11-29 15:04:05`, by the clock of who looks. */
export function clockTime(time: string | number | Date): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return String(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
