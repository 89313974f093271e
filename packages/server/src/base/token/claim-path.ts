/**
 * The claim that names the role: a JSONPath (RFC 9535) into the claims, as PostgREST's `jwt-role-claim-key`.
 * Its older spelling `.app.role` is read too, with the comparisons `^==` (begins), `==^` (ends), `*==` (contains).
 */
import type { Json, JsonObject } from '#base/kernel'

/** The first value at a path, or undefined. */
export type ClaimReader = (claims: JsonObject) => Json | undefined

/** `parseClaimPath('$.roles[?(@ ^== "app_")]')({ roles: ['x', 'app_7'] })` → `'app_7'`. Throws an `Error` that names what it cannot read. */
export function parseClaimPath(text: string): ClaimReader {
  const reader = new PathReader(text)
  reader.skip(/\$/y)
  const path = reader.path()
  if (!reader.atEnd) reader.fail()
  return (claims) => path(claims, claims)[0]
}

/** Values → values, as a path selects them; `root` is what `$` means inside a filter. */
type Nodes = readonly Json[]
type Path = (value: Json, root: Json) => Nodes
type Selector = Path
type Test = (value: Json, root: Json) => boolean
/** One value, or undefined where a path selects nothing. */
type Operand = (value: Json, root: Json) => Json | undefined

class PathReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length
  }

  fail(): never {
    throw new Error(`cannot be read from ${JSON.stringify(this.#text.slice(this.#at))} on`)
  }

  /** What a sticky pattern matches here, passing it; null when it does not. */
  skip(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at = pattern.lastIndex
    return match
  }

  expect(pattern: RegExp): RegExpExecArray {
    return this.skip(pattern) ?? this.fail()
  }

  /** Segments up to the first thing that is none. */
  path(): Path {
    const segments: Path[] = []
    for (let next = this.#segment(); next !== null; next = this.#segment()) segments.push(next)
    return (value, root) =>
      segments.reduce<Nodes>((nodes, take) => nodes.flatMap((node) => take(node, root)), [value])
  }

  #segment(): Path | null {
    if (this.skip(/\.\./y) !== null) {
      const selector = this.#member() ?? this.#brackets() ?? this.fail()
      return (value, root) => descendants(value).flatMap((node) => selector(node, root))
    }
    if (this.skip(/\./y) !== null) return this.#member() ?? this.fail()
    return this.#brackets()
  }

  /** Behind a dot: `name`, `"quoted name"`, `*`. */
  #member(): Selector | null {
    if (this.skip(/\*/y) !== null) return children
    const name = this.skip(/[\p{L}\p{N}_$@]+/uy)?.[0] ?? this.skip(/"([^"]*)"/y)?.[1]
    return name === undefined ? null : member(name)
  }

  /** `['name', 0, -1, 1:3, *, ?…]` */
  #brackets(): Selector | null {
    if (this.skip(/\[\s*/y) === null) return null
    const selectors: Selector[] = []
    do selectors.push(this.#selector())
    while (this.skip(/\s*,\s*/y) !== null)
    this.expect(/\s*\]/y)
    return (value, root) => selectors.flatMap((select) => select(value, root))
  }

  #selector(): Selector {
    const name = this.#quoted()
    if (name !== null) return member(name)
    if (this.skip(/\*/y) !== null) return children
    const slice = this.skip(/(-?\d+)?\s*:\s*(-?\d+)?/y)
    if (slice !== null) {
      const [start, end] = [slice[1], slice[2]].map((n) =>
        n === undefined ? undefined : Number(n),
      )
      return (value) => (isArray(value) ? value.slice(start, end) : [])
    }
    const index = this.skip(/-?\d+/y)
    if (index !== null)
      return (value) => (isArray(value) ? [value.at(Number(index[0]))].filter(isSet) : [])
    this.expect(/\?\s*/y)
    const test = this.#any()
    return (value, root) => children(value, root).filter((child) => test(child, root))
  }

  #any(): Test {
    const tests = [this.#all()]
    while (this.skip(/\s*\|\|\s*/y) !== null) tests.push(this.#all())
    return (value, root) => tests.some((test) => test(value, root))
  }

  #all(): Test {
    const tests = [this.#basic()]
    while (this.skip(/\s*&&\s*/y) !== null) tests.push(this.#basic())
    return (value, root) => tests.every((test) => test(value, root))
  }

  #basic(): Test {
    if (this.skip(/!\s*/y) !== null) {
      const test = this.#basic()
      return (value, root) => !test(value, root)
    }
    if (this.skip(/\(\s*/y) !== null) {
      const test = this.#any()
      this.expect(/\s*\)/y)
      return test
    }
    const call = this.skip(/(search|match)\(\s*/y)
    return call === null ? this.#comparison() : this.#pattern(call[1] === 'match')
  }

  /** `search(@, '^app')`: the pattern occurs; `match`: it is the whole text. */
  #pattern(whole: boolean): Test {
    const operand = this.#operand()
    this.expect(/\s*,\s*/y)
    const text = this.#quoted() ?? this.fail()
    this.expect(/\s*\)/y)
    const pattern = new RegExp(whole ? `^(?:${text})$` : text, 'u')
    return (value, root) => {
      const found = operand(value, root)
      return typeof found === 'string' && pattern.test(found)
    }
  }

  /** `@.kind == "role"`; a path alone asks whether there is such a value. */
  #comparison(): Test {
    const left = this.#operand()
    const operator = this.skip(/\s*(==\^|\^==|\*==|==|!=|<=|>=|<|>)\s*/y)?.[1]
    if (operator === undefined) return (value, root) => left(value, root) !== undefined
    const compare = comparisons[operator] ?? this.fail()
    const right = this.#operand()
    return (value, root) => compare(left(value, root), right(value, root))
  }

  #operand(): Operand {
    const start = this.skip(/[@$]/y)?.[0]
    if (start !== undefined) {
      const path = this.path()
      return (value, root) => path(start === '@' ? value : root, root)[0]
    }
    const text = this.#quoted()
    if (text !== null) return () => text
    const literal = this.expect(/true|false|null|-?\d+(?:\.\d+)?/y)[0]
    const value = JSON.parse(literal) as Json
    return () => value
  }

  #quoted(): string | null {
    const match = this.skip(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y)
    if (match === null) return null
    return (match[1] ?? match[2] ?? '').replaceAll(/\\(["'\\/])/g, '$1')
  }
}

type Comparison = (left: Json | undefined, right: Json | undefined) => boolean

const comparisons: Readonly<Record<string, Comparison>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '<': ordered((left, right) => left < right),
  '<=': ordered((left, right) => left <= right),
  '>': ordered((left, right) => left > right),
  '>=': ordered((left, right) => left >= right),
  '^==': texts((left, right) => left.startsWith(right)),
  '==^': texts((left, right) => left.endsWith(right)),
  '*==': texts((left, right) => left.includes(right)),
}

function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function ordered(compare: (left: string | number, right: string | number) => boolean): Comparison {
  return (left, right) =>
    ((typeof left === 'number' && typeof right === 'number') ||
      (typeof left === 'string' && typeof right === 'string')) &&
    compare(left, right)
}

function texts(compare: (left: string, right: string) => boolean): Comparison {
  return (left, right) =>
    typeof left === 'string' && typeof right === 'string' && compare(left, right)
}

function member(name: string): Selector {
  return (value) => {
    if (typeof value !== 'object' || value === null || isArray(value)) return []
    const found = Object.hasOwn(value, name) ? value[name] : undefined
    return found === undefined ? [] : [found]
  }
}

const children: Selector = (value) => {
  if (isArray(value)) return value
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).filter(isSet)
}

/** The value itself and everything below it. */
function descendants(value: Json): Nodes {
  return [value, ...children(value, value).flatMap(descendants)]
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isSet(value: Json | undefined): value is Json {
  return value !== undefined
}
