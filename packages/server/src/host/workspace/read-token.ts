/** Tokens of SQL, as far as finding the end of a statement needs them. */

export interface Token {
  readonly kind: 'word' | 'comment' | 'space' | 'quoted' | 'symbol'
  readonly length: number
  /** Of words and symbols; empty for the rest, whose content never matters. */
  readonly text: string
}

const word = /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y
const space = /\s+/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/y

/** The token that begins at `at`: comments, quotes and dollar quotes whole. */
export function readToken(source: string, at: number): Token {
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
