/** Splits a SQL file into its statements the way the Supabase CLI does, so that the recorded history is the same. */

export interface FileStatement {
  /** Without the closing semicolon and outer white space; comments before it belong to it. */
  readonly text: string
  /** 1-based line on which `text` begins. */
  readonly textLine: number
  /** 1-based line of its first word, behind the comments. */
  readonly line: number
  /** Only comments: recorded, not run. */
  readonly isEmpty: boolean
}

/**
 * `select 1; -- one\nselect ';'` → two statements, on lines 1 and 2.
 * A `;` separates unless it stands in quotes, dollar quotes, comments, parentheses or a `begin atomic … end` body.
 */
export function splitStatements(content: string): FileStatement[] {
  const source = content.startsWith('\uFEFF') ? content.slice(1) : content
  const statements: FileStatement[] = []
  const lines = new LineCounter(source)
  let begin = 0
  let firstWord = -1
  let depth = 0
  const body = new AtomicBody()
  const finish = (end: number): void => {
    const statement = cut(source, begin, end, firstWord, lines)
    if (statement !== null) statements.push(statement)
    begin = end + 1
    firstWord = -1
    depth = 0
    body.reset()
  }
  for (let at = 0; at < source.length;) {
    const token = readToken(source, at)
    if (token.kind !== 'space' && token.kind !== 'comment' && token.text !== ';' && firstWord < 0) {
      firstWord = at
    }
    if (token.kind === 'word') body.see(token.text)
    else if (token.text === '(') depth++
    else if (token.text === ')') depth = Math.max(0, depth - 1)
    else if (token.text === ';' && depth === 0 && !body.isOpen) finish(at)
    at += token.length
  }
  finish(source.length)
  return statements
}

function cut(
  source: string,
  begin: number,
  end: number,
  firstWord: number,
  lines: LineCounter,
): FileStatement | null {
  const raw = source.slice(begin, end)
  const text = raw.trim()
  if (text === '') return null
  const start = begin + raw.length - raw.trimStart().length
  const textLine = lines.at(start)
  const isEmpty = firstWord < 0
  return { text, textLine, line: isEmpty ? textLine : lines.at(firstWord), isEmpty }
}

/** Lines of ascending offsets, counted once. */
class LineCounter {
  readonly #source: string
  #offset = 0
  #line = 1

  constructor(source: string) {
    this.#source = source
  }

  at(offset: number): number {
    for (let next = this.#source.indexOf('\n', this.#offset); next !== -1 && next < offset;) {
      this.#line++
      this.#offset = next + 1
      next = this.#source.indexOf('\n', this.#offset)
    }
    return this.#line
  }
}

/** Follows the words of a statement: inside `begin atomic … end`, where `case … end` may be nested. */
class AtomicBody {
  #previous = ''
  #depth = 0

  get isOpen(): boolean {
    return this.#depth > 0
  }

  see(word: string): void {
    const lower = word.toLowerCase()
    if (lower === 'atomic' && this.#previous === 'begin') this.#depth++
    else if (this.isOpen && lower === 'case') this.#depth++
    else if (this.isOpen && lower === 'end') this.#depth--
    this.#previous = lower
  }

  reset(): void {
    this.#previous = ''
    this.#depth = 0
  }
}

interface Token {
  readonly kind: 'word' | 'comment' | 'space' | 'quoted' | 'symbol'
  readonly length: number
  /** Of words and symbols; empty for the rest, whose content never matters. */
  readonly text: string
}

const word = /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y
const space = /\s+/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/y

function readToken(source: string, at: number): Token {
  const character = source[at] ?? ''
  const next = source[at + 1]
  if (character === "'") return quoted(endOfQuote(source, at, "'", false) - at)
  if (character === '"') return quoted(endOfQuote(source, at, '"', false) - at)
  if (character === '-' && next === '-')
    return { kind: 'comment', length: toEndOfLine(source, at) - at, text: '' }
  if (character === '/' && next === '*')
    return { kind: 'comment', length: endOfComment(source, at) - at, text: '' }
  const tag = character === '$' ? match(dollarTag, source, at) : null
  if (tag !== null) return quoted(endOfDollarQuote(source, at, tag) - at)
  const blank = match(space, source, at)
  if (blank !== null) return { kind: 'space', length: blank.length, text: '' }
  const name = match(word, source, at)
  if (name === null) return { kind: 'symbol', length: 1, text: character }
  if (/^e$/i.test(name) && source[at + 1] === "'") {
    return quoted(endOfQuote(source, at + 1, "'", true) - at)
  }
  return { kind: 'word', length: name.length, text: name }
}

function quoted(length: number): Token {
  return { kind: 'quoted', length, text: '' }
}

function match(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? null
}

/** Behind the closing quote; a doubled one is part of the text, and in an E-string so is one behind a backslash. */
function endOfQuote(source: string, at: number, quote: string, backslashes: boolean): number {
  for (let i = at + 1; i < source.length; i++) {
    if (backslashes && source[i] === '\\') i++
    else if (source[i] === quote) {
      if (source[i + 1] !== quote) return i + 1
      i++
    }
  }
  return source.length
}

function endOfDollarQuote(source: string, at: number, tag: string): number {
  const close = source.indexOf(tag, at + tag.length)
  return close === -1 ? source.length : close + tag.length
}

function toEndOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end === -1 ? source.length : end
}

/** Block comments nest. */
function endOfComment(source: string, at: number): number {
  let depth = 0
  for (let i = at; i < source.length - 1; i++) {
    const pair = source.slice(i, i + 2)
    if (pair === '/*') depth++
    else if (pair === '*/') depth--
    else continue
    i++
    if (depth === 0) return i + 1
  }
  return source.length
}
