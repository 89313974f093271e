/** `COPY … FROM STDIN` with its rows in the file, as pg_dump writes it: found, and read. */
import { leadingWords } from './leading-words.ts'

/** Whether `source` from `begin` to `end` is a COPY that reads what follows it. */
export function isCopyFromStdin(source: string, begin: number, end: number): boolean {
  // what comes before the rows is short; a long statement is none
  if (end - begin > 100_000 || !/^copy\b/i.test(source.slice(begin, begin + 5))) return false
  const words = leadingWords(source.slice(begin, end), 10_000)
  return words.some((word, index) => word === 'from' && words[index + 1] === 'stdin')
}

/** The lines from `begin` up to the one that is `\.`, and where the file goes on; null when there is no such line. */
export function copyData(source: string, begin: number): { data: string; end: number } | null {
  const mark = /^\\\.[ \t\r]*$/gm
  mark.lastIndex = Math.min(begin, source.length)
  const found = mark.exec(source)
  if (found === null) return null
  return { data: source.slice(begin, found.index), end: found.index + found[0].length }
}

/** Rows of COPY's text format: `a\tb\\c\t\N\n` → `[['a', 'b\c', null]]`. */
export function* copyRows(data: string): Generator<(string | null)[]> {
  for (let at = 0; at < data.length;) {
    const end = data.indexOf('\n', at)
    const line = data.slice(at, end === -1 ? data.length : end).replace(/\r$/, '')
    yield line.split('\t').map((field) => (field === String.raw`\N` ? null : unescape(field)))
    at = end === -1 ? data.length : end + 1
  }
}

const letters: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function unescape(field: string): string {
  if (!field.includes('\\')) return field
  return field.replaceAll(/\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|[\s\S])/g, (_, escaped: string) => {
    if (/^x[0-9A-Fa-f]/.test(escaped)) return String.fromCodePoint(parseInt(escaped.slice(1), 16))
    if (/^[0-7]/.test(escaped)) return String.fromCodePoint(parseInt(escaped, 8) & 0xff)
    return letters[escaped] ?? escaped
  })
}
