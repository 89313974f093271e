/** A schedule as pg_cron reads it, and when it is due next. All times are UTC. */

export type Schedule =
  | { readonly kind: 'interval'; readonly seconds: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'times'; readonly times: Times }

interface Times {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly lastDay: boolean
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** One of day and weekday begins with `*`: then both must fit, else one of them. */
  readonly bothDays: boolean
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const dayNames = 'sun mon tue wed thu fri sat'.split(' ')

const names: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/**
 * `'*\/5 * * * *'`, `'30 seconds'`, `'0 0 $ * *'` (the last day of a month), `'@daily'`, `'@reboot'`; null for what is none.
 */
export function parseSchedule(text: string): Schedule | null {
  const trimmed = text.trim()
  const interval = /^([1-9]|[1-5]\d)\s+seconds?$/i.exec(trimmed)
  if (interval !== null) return { kind: 'interval', seconds: Number(interval[1]) }
  if (trimmed === '@reboot' || trimmed === '@restart') return { kind: 'start' }
  const fields = (names[trimmed] ?? trimmed).split(/[ \t]+/)
  if (fields.length !== 5) return null
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string]
  const minutes = parseField(minute, 0, 59)
  const hours = parseField(hour, 0, 23)
  const days = day === '$' ? new Set<number>() : parseField(day, 1, 31)
  const months = parseField(month, 1, 12, monthNames)
  const weekdays = parseField(weekday, 0, 7, dayNames)
  if (!minutes || !hours || !days || !months || !weekdays) return null
  if (weekdays.has(7)) weekdays.add(0)
  const bothDays = day.startsWith('*') || weekday.startsWith('*')
  const lastDay = day === '$'
  return { kind: 'times', times: { minutes, hours, days, lastDay, months, weekdays, bothDays } }
}

/** `'1-5/2,7'` → 1, 3, 5, 7 */
function parseField(
  text: string,
  low: number,
  high: number,
  known: readonly string[] = [],
): Set<number> | null {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(part)
    if (match === null) return null
    const [, star, first, last, step] = match
    if (star === undefined && last === undefined && step !== undefined) return null
    const from = star === undefined ? parseNumber(first, low, known) : low
    const to = star === undefined ? parseNumber(last ?? first, low, known) : high
    const by = Number(step ?? 1)
    if (from === null || to === null || from < low || to > high || from > to || by === 0)
      return null
    for (let value = from; value <= to; value += by) values.add(value)
  }
  return values
}

function parseNumber(
  text: string | undefined,
  low: number,
  known: readonly string[],
): number | null {
  if (text === undefined) return null
  if (/^\d{1,4}$/.test(text)) return Number(text)
  const at = known.indexOf(text.toLowerCase())
  return at === -1 ? null : at + low
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** From one 29 February to the next there can be eight years. */
const maxDays = 8 * 366 + 1

/** The first due time after `afterMs` (epoch), null when there is none (30 February). */
export function nextTime(times: Times, afterMs: number): number | null {
  const startMs = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs
  const firstDay = Math.floor(startMs / dayMs) * dayMs
  for (let i = 0; i < maxDays; i++) {
    const day = firstDay + i * dayMs
    if (!isDay(times, new Date(day))) continue
    const found = timeOfDay(times, i === 0 ? (startMs - day) / minuteMs : 0)
    if (found !== null) return day + found * minuteMs
  }
  return null
}

function isDay(times: Times, date: Date): boolean {
  if (!times.months.has(date.getUTCMonth() + 1)) return false
  const isLast = new Date(date.getTime() + dayMs).getUTCDate() === 1
  const fitsDay = times.days.has(date.getUTCDate()) || (times.lastDay && isLast)
  const fitsWeekday = times.weekdays.has(date.getUTCDay())
  return times.bothDays ? fitsDay && fitsWeekday : fitsDay || fitsWeekday
}

/** In minutes since midnight, `from` included. */
function timeOfDay({ hours, minutes }: Times, from: number): number | null {
  for (let hour = Math.floor(from / 60); hour < 24; hour++) {
    if (!hours.has(hour)) continue
    for (let minute = 0; minute < 60; minute++) {
      if (minutes.has(minute) && hour * 60 + minute >= from) return hour * 60 + minute
    }
  }
  return null
}
