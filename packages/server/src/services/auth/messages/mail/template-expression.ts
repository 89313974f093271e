/** Expressions of Go's templates: `.Data.name`, `eq .A "x"`, `and .A (not .B)`, `.Email | printf "<%s>"`. */

export type Scope = { readonly dot: unknown; readonly root: unknown }
export type Expression = (scope: Scope) => unknown

/** @throws Error that says what is not understood */
export function parseExpression(text: string): Expression {
  const reader = new Reader(text)
  const expression = reader.pipeline()
  reader.end()
  return expression
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) this.#fail()
  }

  /** What stands before a `|` is the last argument of what stands behind it. */
  pipeline(): Expression {
    let value = this.#command(null)
    while (this.#take(/\|/y) !== null) value = this.#command(value)
    return value
  }

  #command(piped: Expression | null): Expression {
    const name = this.#take(/[a-z]\w*/y)
    if (name !== null && !(name in constants)) return this.#call(name, piped)
    if (piped !== null) this.#fail()
    return name === null ? (this.#operand() ?? this.#fail()) : () => constants[name]
  }

  #call(name: string, piped: Expression | null): Expression {
    const call = Object.hasOwn(functions, name) ? functions[name] : undefined
    if (call === undefined) return this.#fail()
    const given: Expression[] = []
    for (let next = this.#operand(); next !== null; next = this.#operand()) given.push(next)
    if (piped !== null) given.push(piped)
    return (scope) => call(given.map((argument) => argument(scope)))
  }

  #operand(): Expression | null {
    if (this.#take(/\(/y) !== null) {
      const inner = this.pipeline()
      if (this.#take(/\)/y) === null) this.#fail()
      return inner
    }
    const text = this.#take(/"(?:[^"\\]|\\.)*"|`[^`]*`/y)
    if (text !== null) return constant(unquote(text))
    const number = this.#take(/-?\d+(?:\.\d+)?/y)
    if (number !== null) return constant(Number(number))
    const path = this.#take(/\$?(?:\.\w+)+|\$|\.(?!\w)/y)
    if (path !== null) return readPath(path)
    const name = this.#take(/(?:true|false|nil)\b/y)
    return name === null ? null : constant(constants[name])
  }

  /** What matches here, behind white space. */
  #take(pattern: RegExp): string | null {
    this.#space()
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at = pattern.lastIndex
    return match?.[0] ?? null
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #fail(): never {
    throw new Error(`{{ ${this.#text} }} is not understood`)
  }
}

const constants: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null }
const constant =
  (value: unknown): Expression =>
  () =>
    value

function unquote(text: string): string {
  return text.startsWith('`') ? text.slice(1, -1) : String(JSON.parse(text))
}

function readPath(text: string): Expression {
  const names = text.replace(/^\$?\.?/, '').split('.')
  const fromRoot = text.startsWith('$')
  return ({ dot, root }) => {
    const start = fromRoot ? root : dot
    return names[0] === '' ? start : names.reduce<unknown>(member, start)
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

type Call = (given: readonly unknown[]) => unknown

/** Go's own functions, those that mails have a use for. */
const functions: Readonly<Record<string, Call>> = {
  eq: ([first, ...others]) => others.some((other) => isEqual(first, other)),
  ne: ([first, second]) => !isEqual(first, second),
  lt: ([first, second]) => isLess(first, second),
  le: ([first, second]) => !isLess(second, first),
  gt: ([first, second]) => isLess(second, first),
  ge: ([first, second]) => !isLess(first, second),
  and: (given) => (given.every(isTrue) ? given.at(-1) : given.find((value) => !isTrue(value))),
  or: (given) => given.find((value) => isTrue(value)) ?? given.at(-1),
  not: ([value]) => !isTrue(value),
  len: ([value]) => lengthOf(value),
  index: ([value, ...keys]) => keys.map(String).reduce(member, value),
  print: (given) => given.map(print).join(''),
  printf: ([format, ...given]) => printFormatted(print(format), given),
  urlquery: (given) => encodeURIComponent(given.map(print).join('')).replaceAll('%20', '+'),
}

function isEqual(one: unknown, other: unknown): boolean {
  return (one ?? null) === (other ?? null)
}

function isLess(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one < other
  return typeof one === 'string' && typeof other === 'string' && one < other
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

function printFormatted(format: string, given: readonly unknown[]): string {
  let next = 0
  return format.replaceAll(/%[sdvq%]/g, (verb) => {
    if (verb === '%%') return '%'
    const text = print(given[next++])
    return verb === '%q' ? JSON.stringify(text) : text
  })
}

export function print(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** As in Go: empty texts, lists and objects, 0 and false are not. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}
