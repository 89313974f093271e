/** What Web IDL asks of interfaces and arguments. https://webidl.spec.whatwg.org */

/** Given to constructors that scripts may not call. */
export const internal: unique symbol = Symbol('internal')

export function assertInternal(token: unknown): void {
  if (token !== internal) throw new TypeError('Illegal constructor')
}

type Class = abstract new (...args: never[]) => unknown

/** Members are enumerable, the object says its class, static operations too. */
export function defineInterface(target: Class, name: string): void {
  for (const object of [target.prototype as object, target])
    for (const member of Object.getOwnPropertyNames(object)) {
      if (
        member === 'constructor' ||
        (object === target && ['prototype', 'length', 'name'].includes(member))
      )
        continue
      const descriptor = Object.getOwnPropertyDescriptor(object, member) as PropertyDescriptor
      Object.defineProperty(object, member, { ...descriptor, enumerable: true })
    }
  Object.defineProperty(target.prototype as object, Symbol.toStringTag, {
    value: name,
    configurable: true,
  })
}

export function requireArguments(given: number, needed: number): void {
  if (given < needed)
    throw new TypeError(
      `${needed} argument${needed === 1 ? '' : 's'} required, but only ${given} present.`,
    )
}

/** `[EnforceRange] unsigned long` and `long long`. */
export function enforceRange(value: unknown, max: number, what: string): number {
  const number = Number(value)
  if (!Number.isFinite(number)) throw new TypeError(`${what} is not a finite number.`)
  const whole = Math.trunc(number)
  if (whole < 0 || whole > max) throw new TypeError(`${what} is outside 0 … ${max}.`)
  return whole
}

export const maxUnsignedLong = 2 ** 32 - 1
export const maxUnsignedLongLong = Number.MAX_SAFE_INTEGER

export function toEnum<T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  const text = String(value)
  if (!(allowed as readonly string[]).includes(text))
    throw new TypeError(`'${text}' is not a valid ${what}.`)
  return text as T
}

/** A dictionary argument: null and undefined are empty, other primitives are errors. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' && typeof value !== 'function')
    throw new TypeError(`${what} is not an object.`)
  return value as Record<string, unknown>
}

/** `(DOMString or sequence<DOMString>)`: what can be iterated is a sequence. */
export function toStringOrSequence(value: unknown): string | string[] {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
    return toDomString(value)
  return Array.from(value as Iterable<unknown>, toDomString)
}

export function toDomString(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('A symbol cannot be a string.')
  return `${value as string}`
}
