/** Lists of names. https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#the-domstringlist-interface */
import { defineInterface, requireArguments, toDomString } from './webidl.ts'

/** A list of names, sorted, as the DOM has it. */
export class IdbStringList {
  readonly #names: readonly string[];
  [index: number]: string

  constructor(names: readonly string[]) {
    this.#names = names
    for (const [at, name] of names.entries())
      Object.defineProperty(this, at, { value: name, enumerable: true, configurable: true })
  }
  get length(): number {
    return this.#names.length
  }
  item(at: number): string | null {
    requireArguments(arguments.length, 1)
    return this.#names[at >>> 0] ?? null
  }
  contains(name: string): boolean {
    requireArguments(arguments.length, 1)
    return this.#names.includes(toDomString(name))
  }
  [Symbol.iterator](): IterableIterator<string> {
    return this.#names[Symbol.iterator]()
  }
}
defineInterface(IdbStringList, 'DOMStringList')

export const sortedNames = (names: Iterable<string>): IdbStringList =>
  new IdbStringList([...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
