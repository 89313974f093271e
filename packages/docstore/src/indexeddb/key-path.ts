/** Key paths: which are valid, what they find, and writing a generated key. https://w3c.github.io/IndexedDB/#key-path-construct */
import { domError } from './dom-error.ts'

export type KeyPath = string | readonly string[]

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

export function isValidKeyPath(path: unknown): path is KeyPath {
  if (typeof path === 'string')
    return path === '' || path.split('.').every((name) => identifier.test(name))
  return (
    Array.isArray(path) &&
    path.length > 0 &&
    path.every((one) => typeof one === 'string' && isValidKeyPath(one))
  )
}

export function requireKeyPath(path: KeyPath): void {
  if (!isValidKeyPath(path)) throw domError('SyntaxError')
}

/** The value at the path of a clone, or undefined where there is none. */
export function evaluate(value: unknown, path: KeyPath): unknown {
  if (typeof path !== 'string') {
    const values: unknown[] = []
    for (const one of path) {
      const part = evaluate(value, one)
      if (part === undefined) return undefined
      values.push(part)
    }
    return values
  }
  if (path === '') return value
  let at = value
  for (const name of path.split('.')) {
    at = property(at, name)
    if (at === undefined) return undefined
  }
  return at
}

function property(value: unknown, name: string): unknown {
  if (typeof value === 'string' && name === 'length') return value.length
  if (typeof value !== 'object' || value === null) return undefined
  if (isBlob(value) && ['size', 'type', 'name', 'lastModified'].includes(name))
    return (value as unknown as Record<string, unknown>)[name]
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

export const isBlob = (value: unknown): value is Blob =>
  typeof Blob === 'function' && value instanceof Blob

/** Whether a generated key could be written at the path of this clone. */
export function canInject(value: unknown, path: string): boolean {
  const names = path.split('.')
  names.pop()
  let at = value
  for (const name of names) {
    if (!isObject(at)) return false
    if (!Object.hasOwn(at, name)) return true
    at = (at as Record<string, unknown>)[name]
  }
  return isObject(at)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Own data properties, whatever setters a prototype has. */
export function inject(value: object, path: string, key: unknown): void {
  const names = path.split('.')
  const lastName = names.pop() as string
  let at = value as Record<string, unknown>
  for (const name of names) {
    if (!Object.hasOwn(at, name)) define(at, name, {})
    at = at[name] as Record<string, unknown>
  }
  define(at, lastName, key)
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}
