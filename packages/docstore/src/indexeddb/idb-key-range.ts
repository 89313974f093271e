/** Ranges of keys. https://w3c.github.io/IndexedDB/#keyrange */
import { domError } from './dom-error.ts'
import { decodeKey, everything, isWithin, requireIdbKey, type Bounds } from './idb-key.ts'
import { assertInternal, defineInterface, internal, requireArguments } from './webidl.ts'

export let boundsOfRange: (range: IDBKeyRange) => Bounds

export class IDBKeyRange {
  static {
    boundsOfRange = (range) => range.#bounds
  }
  readonly #bounds: Bounds
  readonly #lower: unknown
  readonly #upper: unknown

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    this.#bounds = args[1] as Bounds
    const { lower, upper } = this.#bounds
    this.#lower = lower === undefined ? undefined : decodeKey(lower)
    this.#upper = upper === lower ? this.#lower : upper === undefined ? undefined : decodeKey(upper)
  }

  get lower(): unknown {
    return this.#lower
  }
  get upper(): unknown {
    return this.#upper
  }
  get lowerOpen(): boolean {
    return this.#bounds.lowerOpen
  }
  get upperOpen(): boolean {
    return this.#bounds.upperOpen
  }

  static only(value: unknown): IDBKeyRange {
    requireArguments(arguments.length, 1)
    const key = requireIdbKey(value)
    return newRange({ lower: key, upper: key, lowerOpen: false, upperOpen: false })
  }

  static lowerBound(lower: unknown, open: unknown = false): IDBKeyRange {
    requireArguments(arguments.length, 1)
    return newRange({
      lower: requireIdbKey(lower),
      upper: undefined,
      lowerOpen: Boolean(open),
      upperOpen: true,
    })
  }

  static upperBound(upper: unknown, open: unknown = false): IDBKeyRange {
    requireArguments(arguments.length, 1)
    return newRange({
      lower: undefined,
      upper: requireIdbKey(upper),
      lowerOpen: true,
      upperOpen: Boolean(open),
    })
  }

  static bound(
    lower: unknown,
    upper: unknown,
    lowerOpen: unknown = false,
    upperOpen: unknown = false,
  ): IDBKeyRange {
    requireArguments(arguments.length, 2)
    const bounds = {
      lower: requireIdbKey(lower),
      upper: requireIdbKey(upper),
      lowerOpen: Boolean(lowerOpen),
      upperOpen: Boolean(upperOpen),
    }
    const isEmpty = bounds.lower === bounds.upper && (bounds.lowerOpen || bounds.upperOpen)
    if (bounds.lower > bounds.upper || isEmpty)
      throw domError('DataError', 'The lower bound is above the upper one.')
    return newRange(bounds)
  }

  includes(key: unknown): boolean {
    requireArguments(arguments.length, 1)
    // before the key is converted: whether this is a range at all
    const bounds = this.#bounds
    return isWithin(bounds, requireIdbKey(key))
  }
}
defineInterface(IDBKeyRange, 'IDBKeyRange')

export const newRange = (bounds: Bounds): IDBKeyRange => new IDBKeyRange(internal, bounds)

/** A range, a key, or (where `optional`) nothing: all. */
export function toBounds(query: unknown, optional: boolean): Bounds {
  if (query instanceof IDBKeyRange) return boundsOfRange(query)
  if (query === undefined || query === null) {
    if (optional) return everything
    throw domError('DataError', 'A key or a range is needed.')
  }
  const key = requireIdbKey(query)
  return { lower: key, upper: key, lowerOpen: false, upperOpen: false }
}
