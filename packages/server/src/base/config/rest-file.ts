/** PostgREST's configuration file: `name = value` lines, `#` comments, `$(VARIABLE)` in quoted text. */
import type { Variables } from './env-files.ts'
import type { ConfigProblem } from './problem.ts'

export type RestValue = string | number | boolean | readonly unknown[]

export interface RestFile {
  readonly values: ReadonlyMap<string, RestValue>
  readonly problems: readonly ConfigProblem[]
}

const assignment = /^\s*([A-Za-z][\w.-]*)\s*=\s*([^]*)$/
const quoted = /^"((?:[^"\\]|\\[^])*)"\s*(?:#.*)?$/
const switches: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  false: false,
  off: false,
}

/** `parseRestFile('db-pool = 5 # few', {}, 'my.conf').values.get('db-pool')` → 5 */
export function parseRestFile(content: string, variables: Variables, source: string): RestFile {
  const values = new Map<string, RestValue>()
  const problems: ConfigProblem[] = []
  joinStrings(content).forEach(({ line, number }) => {
    if (/^\s*(#|$)/.test(line)) return
    const [, name, raw] = assignment.exec(line) ?? []
    if (name === undefined || raw === undefined) {
      problems.push({ source, key: null, message: `line ${number}: expected name = value` })
      return
    }
    try {
      values.set(name, readValue(raw.trim(), variables))
    } catch (error) {
      problems.push({ source, key: name, message: `line ${number}: ${(error as Error).message}` })
    }
  })
  return { values, problems }
}

/** A quoted text may run over several lines (a JWK, usually). */
function joinStrings(content: string): { readonly line: string; readonly number: number }[] {
  const joined: { line: string; number: number }[] = []
  let open: { line: string; number: number } | null = null
  content.split(/\r?\n/).forEach((line, index) => {
    if (open === null) open = { line, number: index + 1 }
    else open.line += `\n${line}`
    if (isOpen(open.line)) return
    joined.push(open)
    open = null
  })
  if (open !== null) joined.push(open)
  return joined
}

function isOpen(line: string): boolean {
  return /^\s*[\w.-]+\s*=\s*"(?:[^"\\]|\\[^])*$/.test(line)
}

function readValue(raw: string, variables: Variables): RestValue {
  const text = quoted.exec(raw)?.[1]
  if (text !== undefined) return interpolate(unescape(text), variables)
  const word = raw.replace(/\s*#.*$/, '')
  if (Object.hasOwn(switches, word)) return switches[word] as boolean
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word)) return Number(word)
  throw new Error('expected text in quotes, a number, true or false')
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([\da-fA-F]{4})|([^]))/g, (_, code?: string, char = '') =>
    code === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/** `$(NAME)` is a variable, `$$` a dollar sign; a single `$` stays, so that JSONPaths need no escaping. */
function interpolate(text: string, variables: Variables): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) => {
    if (name === undefined || whole === '$$') return '$'
    const value = variables[name.trim()]
    if (value === undefined) throw new Error(`there is no variable ${name.trim()}`)
    return value
  })
}
