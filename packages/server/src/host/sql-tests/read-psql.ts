/** A file as psql reads it: statements, and lines that begin with a backslash. Variables are put in when a statement is run. */

export type PsqlStep =
  | { readonly kind: 'statement'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'command'
      /** `set`, `gset` */
      readonly name: string
      readonly argument: string
      readonly line: number
      /** What stood before it on its way to a semicolon: what `\gset` sends. Empty for most. */
      readonly query: string
    }

/** `select 1;\n\set x 2` → a statement and the command `set` with `x 2`. A `;` in quotes, comments or parentheses separates nothing. */
export function readPsql(content: string): PsqlStep[] {
  const source = content.replace(/^\uFEFF/, '')
  const steps: PsqlStep[] = []
  const lineAt = lineCounter(source)
  let begin = 0
  let depth = 0
  let atomic = new AtomicBody()
  const cut = (end: number): string => {
    const text = source.slice(begin, end).trim()
    depth = 0
    atomic = new AtomicBody()
    return text
  }
  for (let at = 0; at < source.length;) {
    const end = endOfToken(source, at)
    const token = source.slice(at, end)
    if (token === '\\') {
      const lineEnd = endOfLine(source, at)
      const [, name = '', argument = ''] = /^\\(\S*)\s*(.*)$/.exec(source.slice(at, lineEnd)) ?? []
      const line = lineAt(at)
      steps.push({ kind: 'command', name, argument: argument.trim(), line, query: cut(at) })
      begin = at = lineEnd
      continue
    }
    if (token === '(') depth++
    else if (token === ')') depth = Math.max(0, depth - 1)
    else if (/^\w/.test(token)) atomic.see(token.toLowerCase())
    else if (token === ';' && depth === 0 && !atomic.isOpen) {
      pushStatement(begin, cut(at))
      begin = end
    }
    at = end
  }
  pushStatement(begin, cut(source.length))
  return steps

  function pushStatement(from: number, text: string): void {
    const blank = leadingBlank(text)
    if (blank === text.length) return
    const skipped = source.slice(from).search(/\S/)
    steps.push({ kind: 'statement', text, line: lineAt(from + skipped + blank) })
  }
}

/** `:name`, `:'name'` and `:"name"` of variables that are set, outside quotes and comments; a cast (`::name`) is none. */
export function putVariablesIn(text: string, variables: ReadonlyMap<string, string>): string {
  if (variables.size === 0) return text
  let result = ''
  for (let at = 0; at < text.length;) {
    const found =
      text[at] === ':' && text[at - 1] !== ':'
        ? /^:(['"]?)(\w+)\1/.exec(text.slice(at, at + 130))
        : null
    const value = variables.get(found?.[2] ?? '')
    if (found !== null && value !== undefined) {
      const quote = found[1] ?? ''
      result += quote === '' ? value : `${quote}${value.replaceAll(quote, quote + quote)}${quote}`
      at += found[0].length
    } else {
      const end = endOfToken(text, at)
      result += text.slice(at, end)
      at = end
    }
  }
  return result
}

/** Words of a command, quotes taken off: `a 'b c'` → `a`, `b c`. */
export function wordsOf(argument: string): string[] {
  const words = argument.matchAll(/'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^\s'"]+)/g)
  return [...words].map(
    ([, single, double, bare]) =>
      single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? bare ?? '',
  )
}

/** Length of white space and comments at the beginning. */
export function leadingBlank(text: string): number {
  let at = 0
  while (at < text.length) {
    const end = endOfToken(text, at)
    if (!/^(\s|--|\/\*)/.test(text.slice(at, at + 2))) return at
    at = end
  }
  return at
}

/** Lines of offsets that only grow. */
function lineCounter(source: string): (offset: number) => number {
  let [known, line] = [0, 1]
  return (offset) => {
    for (; known < offset; known++) if (source[known] === '\n') line++
    return line
  }
}

const tokens =
  /\s+|--[^\n]*|\/\*|(?:e)?'|"|\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$|[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*|\d+|[^]/iy

/** Behind the token that begins at `at`; quotes and comments are one token, to their end or the text's. */
function endOfToken(source: string, at: number): number {
  tokens.lastIndex = at
  const token = tokens.exec(source)?.[0] ?? ''
  const from = at + token.length
  if (token === '/*') return endOfComment(source, from)
  if (token === '"') return endOfQuote(source, from, '"', false)
  if (token.endsWith("'")) return endOfQuote(source, from, "'", token.length === 2)
  if (/^\$.*\$$/.test(token)) {
    const close = source.indexOf(token, from)
    return close === -1 ? source.length : close + token.length
  }
  return from
}

function endOfQuote(source: string, from: number, quote: string, backslashes: boolean): number {
  for (let at = from; at < source.length; at++) {
    if (backslashes && source[at] === '\\') at++
    else if (source[at] === quote) {
      if (source[at + 1] !== quote) return at + 1
      at++
    }
  }
  return source.length
}

/** They nest. */
function endOfComment(source: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  let depth = 1
  for (let mark = marks.exec(source); mark !== null; mark = marks.exec(source)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return source.length
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end === -1 ? source.length : end
}

/** `begin atomic … end`, in which `case … end` may stand. */
class AtomicBody {
  #previous = ''
  #depth = 0

  get isOpen(): boolean {
    return this.#depth > 0
  }

  see(word: string): void {
    if (word === 'atomic' && this.#previous === 'begin') this.#depth++
    else if (this.isOpen && word === 'case') this.#depth++
    else if (this.isOpen && word === 'end') this.#depth--
    this.#previous = word
  }
}
