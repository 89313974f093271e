/** The claims of a token as policies read them: what `auth.jwt()` and the settings of a request answer. */
import type { JsonObject } from '#base/kernel'
import { Json } from './value.ts'
import type { Value } from './value.ts'

/** Deeper or longer ones are for Postgres, which may refuse them. */
const most = { bytes: 65_536, brackets: 1_000 }
/** What JSON in JavaScript accepts and `jsonb` does not, or not always: in strings, and among what is no string. */
const doubtful = { inStrings: /\\u0000|\\ud[89a-f]/i, amongNumbers: /\de[+-]?\d{3}|\d{400}/i }
const strings = /"(?:[^"\\]|\\.)*"/g

export class Claims {
  /** Undefined where Postgres might not read them as we do. */
  readonly json: Json | undefined
  readonly #claims: JsonObject
  readonly #role: string
  /** The text is as we would write it, and numbers are written as they came. */
  readonly #isCanonical: boolean

  constructor({ role, claimsJson }: { readonly role: string; readonly claimsJson: string }) {
    this.#claims = parse(claimsJson)
    this.#role = role
    this.json = isPlain(claimsJson) ? new Json(this.#claims) : undefined
    this.#isCanonical = JSON.stringify(this.#claims) === claimsJson
  }

  /** `->> 'key'` of a value within them. */
  text(json: Json, key: string): Value {
    const value = field(json, key)
    if (value === null) return null
    const { value: found } = value
    if (found === null) return null
    if (typeof found === 'string') return found
    if (typeof found === 'boolean') return String(found)
    const isExact = typeof found === 'number' && Number.isSafeInteger(found) && this.#isCanonical
    return isExact ? String(found) : undefined
  }

  /** `app.user_id` and the like, for all that have the session of a subscriber (see `visible-rows.ts`). */
  setting(name: string): Value {
    if (this.json === undefined) return undefined
    return this.settings.find(([known]) => known === name)?.[1]
  }

  /** As the data API sets them. */
  get settings(): readonly (readonly [name: string, value: string])[] {
    const text = (name: string): string => {
      const value = this.#claims[name]
      if (value === undefined || value === null) return ''
      return typeof value === 'string' ? value : JSON.stringify(value)
    }
    return [
      ['app.user_id', text('sub')],
      ['app.role', this.#role],
      ['app.tenant_id', text('tenant_id')],
    ]
  }
}

/** `-> 'key'`: of what is no object there is none. */
export function field({ value }: Json, key: string): Json | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.hasOwn(value, key) ? new Json((value as JsonObject)[key]) : null
}

function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {}
}

function isPlain(text: string): boolean {
  if (text.length > most.bytes || !text.startsWith('{')) return false
  if (doubtful.inStrings.test(text)) return false
  // an uuid often has such a number in it
  if (doubtful.amongNumbers.test(text.replaceAll(strings, ''))) return false
  return (text.match(/[[{]/g)?.length ?? 0) <= most.brackets
}
