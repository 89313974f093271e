/** Splits a SQL file into its statements the way the Supabase CLI does, so that the recorded history is the same. */

import { copyData, isCopyFromStdin } from './copy-data.ts'
import { readToken } from './read-token.ts'

export interface FileStatement {
  /** Without the closing semicolon and outer white space; comments before it belong to it. */
  readonly text: string
  /** 1-based line on which `text` begins. */
  readonly textLine: number
  /** 1-based line of its first word, behind the comments. */
  readonly line: number
  /** Only comments: recorded, not run. */
  readonly isEmpty: boolean
  /** What follows a COPY … FROM STDIN, up to the line `\\.`, without it. */
  readonly data?: string
  /** A line of psql's, such as `\\restrict`; `text` is it and the comments before it. */
  readonly isMeta?: true
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
  const mark = (more: Partial<FileStatement>): void => {
    const last = statements.pop()
    if (last !== undefined) statements.push({ ...last, ...more })
  }
  for (let at = 0; at < source.length;) {
    const token = readToken(source, at)
    if (token.kind !== 'space' && token.kind !== 'comment' && token.text !== ';' && firstWord < 0) {
      firstWord = at
    }
    if (token.text === '\\' && firstWord === at && isAtLineStart(source, at)) {
      const end = endOfLine(source, at)
      finish(end)
      mark({ isMeta: true })
      at = end + 1
      continue
    }
    if (token.kind === 'word') body.see(token.text)
    else if (token.text === '(') depth++
    else if (token.text === ')') depth = Math.max(0, depth - 1)
    else if (token.text === ';' && depth === 0 && !body.isOpen) {
      const copied = firstWord >= 0 && isCopyFromStdin(source, firstWord, at)
      finish(at)
      const found = copied ? copyData(source, endOfLine(source, at) + 1) : null
      if (found !== null) {
        mark({ data: found.data })
        begin = found.end
        at = found.end
        continue
      }
    }
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

function isAtLineStart(source: string, at: number): boolean {
  return source.slice(source.lastIndexOf('\n', at - 1) + 1, at).trim() === ''
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end === -1 ? source.length : end
}
