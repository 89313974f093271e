/** Reading members of a body and parameters of a query; what does not fit is refused in the words of supabase/storage's validator. */
import { readJson } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import type { StorageContext } from './context.ts'
import { storageErrors } from './errors.ts'

const maxBodyBytes = 1024 * 1024

/** The body as an object; none at all is an empty one. */
export async function readBody({ request }: StorageContext): Promise<Fields> {
  const body = (await readJson(request, maxBodyBytes)) ?? {}
  if (!isJsonObject(body)) throw refuse('body must be object')
  return new Fields('body', body)
}

/** The query's parameters, as numbers where they are to be ones. */
export function readQuery({ query }: StorageContext): Fields {
  return new Fields('querystring', Object.fromEntries(query))
}

function refuse(message: string) {
  return storageErrors.Malformed({ message })
}

export interface Bounds {
  readonly min?: number
  readonly max?: number
}

/** The members of one object. `null` counts as absent. */
export class Fields {
  readonly #place: string
  readonly #values: JsonObject

  constructor(place: string, values: JsonObject) {
    this.#place = place
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined
  }

  raw(name: string): JsonObject[string] {
    return this.#values[name]
  }

  require(name: string): this {
    if (this.#values[name] === undefined)
      throw refuse(`${this.#place} must have required property '${name}'`)
    return this
  }

  text(name: string): string | null {
    const value = this.#values[name] ?? null
    if (value === null || typeof value === 'string') return noNul(value, this.#path(name))
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw refuse(`${this.#path(name)} must be string`)
  }

  requiredText(name: string): string {
    const value = this.require(name).text(name)
    if (value === null) throw refuse(`${this.#path(name)} must be string`)
    return value
  }

  integer(name: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}): number | null {
    const given = this.#values[name] ?? null
    if (given === null) return null
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw refuse(`${this.#path(name)} must be integer`)
    if (value < min) throw refuse(`${this.#path(name)} must be >= ${min}`)
    if (value > max) throw refuse(`${this.#path(name)} must be <= ${max}`)
    return value
  }

  number(name: string, { min = -Infinity, max = Infinity }: Bounds = {}): number | null {
    const given = this.#values[name] ?? null
    if (given === null) return null
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw refuse(`${this.#path(name)} must be number`)
    if (value < min) throw refuse(`${this.#path(name)} must be >= ${min}`)
    if (value > max) throw refuse(`${this.#path(name)} must be <= ${max}`)
    return value
  }

  boolean(name: string): boolean | null {
    const value = this.#values[name] ?? null
    if (value === null || typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    throw refuse(`${this.#path(name)} must be boolean`)
  }

  /** One of a closed list. */
  choice<const T extends string>(name: string, choices: readonly T[]): T | null {
    const value = this.text(name)
    if (value === null || (choices as readonly string[]).includes(value)) return value as T | null
    throw refuse(`${this.#path(name)} must be equal to one of the allowed values`)
  }

  texts(name: string, { min = 0, max = 1000 }: Bounds = {}): string[] | null {
    const value = this.#values[name] ?? null
    if (value === null) return null
    if (!Array.isArray(value)) throw refuse(`${this.#path(name)} must be array`)
    if (value.length < min)
      throw refuse(`${this.#path(name)} must NOT have fewer than ${min} items`)
    if (value.length > max) throw refuse(`${this.#path(name)} must NOT have more than ${max} items`)
    return value.map((item: unknown, i) => {
      if (typeof item !== 'string') throw refuse(`${this.#path(name)}/${i} must be string`)
      return noNul(item, `${this.#path(name)}/${i}`)
    })
  }

  object(name: string): Fields | null {
    const value = this.#values[name] ?? null
    if (value === null) return null
    if (!isJsonObject(value)) throw refuse(`${this.#path(name)} must be object`)
    return new Fields(this.#path(name), value)
  }

  #path(name: string): string {
    return `${this.#place}/${name}`
  }
}

/** Postgres keeps no U+0000. */
function noNul<T extends string | null>(value: T, path: string): T {
  if (value?.includes('\0')) throw refuse(`${path} must NOT have the character U+0000`)
  return value
}
