/** The Prefer header. */
import { BoundedCache } from '#base/kernel'

export interface Preferences {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | null
  readonly representation: 'representation' | 'minimal' | 'headers-only' | null
  readonly count: 'exact' | 'planned' | 'estimated' | null
  readonly transaction: 'commit' | 'rollback' | null
  readonly missing: 'default' | 'null' | null
  readonly handling: 'strict' | 'lenient' | null
  readonly timezone: string | null
  readonly maxAffected: number | null
  /** What was given and is not a preference; an error under `handling=strict`. */
  readonly invalid: readonly string[]
}

const none: Preferences = {
  resolution: null,
  representation: null,
  count: null,
  transaction: null,
  missing: null,
  handling: null,
  timezone: null,
  maxAffected: null,
  invalid: [],
}

type Writable = { -readonly [K in keyof Preferences]: Preferences[K] } & { invalid: string[] }

/** Preferences with a fixed set of values: `name=value` → the field it sets. */
const fixed: Readonly<Record<string, Partial<Preferences>>> = {
  'resolution=merge-duplicates': { resolution: 'merge-duplicates' },
  'resolution=ignore-duplicates': { resolution: 'ignore-duplicates' },
  'return=representation': { representation: 'representation' },
  'return=minimal': { representation: 'minimal' },
  'return=headers-only': { representation: 'headers-only' },
  'count=exact': { count: 'exact' },
  'count=planned': { count: 'planned' },
  'count=estimated': { count: 'estimated' },
  'tx=commit': { transaction: 'commit' },
  'tx=rollback': { transaction: 'rollback' },
  'missing=default': { missing: 'default' },
  'missing=null': { missing: 'null' },
  'handling=strict': { handling: 'strict' },
  'handling=lenient': { handling: 'lenient' },
}

const seen = new BoundedCache<string, Preferences>(256)

/** `parsePreferences('return=representation, count=exact', false)`. The first of several values for one preference counts. */
export function parsePreferences(header: string | undefined, txOverride: boolean): Preferences {
  if (header === undefined) return none
  const key = `${txOverride ? 1 : 0}${header}`
  const cached = seen.get(key)
  if (cached !== undefined) return cached
  const parsed = parse(header, txOverride)
  if (header.length <= 256) seen.set(key, parsed)
  return parsed
}

function parse(header: string, txOverride: boolean): Preferences {
  const preferences: Writable = { ...none, invalid: [] }
  for (const part of header.split(',')) {
    const text = part.trim()
    if (text === '') continue
    const known = fixed[text]
    if (known !== undefined) {
      if (!text.startsWith('tx=') || txOverride) keepFirst(preferences, known)
    } else if (text.startsWith('timezone=')) {
      preferences.timezone ??= text.slice('timezone='.length)
    } else if (text.startsWith('max-affected=')) {
      const count = text.slice('max-affected='.length)
      if (/^-?\d+$/.test(count)) preferences.maxAffected ??= Number(count)
    } else preferences.invalid.push(text)
  }
  return preferences
}

function keepFirst(preferences: Writable, known: Partial<Preferences>): void {
  for (const [name, value] of Object.entries(known)) {
    const key = name as keyof Preferences
    if (preferences[key] === null) Object.assign(preferences, { [key]: value })
  }
}
