/** Column references with JSON paths, and the dotted paths left of `=`. */
import type { EmbedPath, FieldRef, JsonStep } from './api-request.ts'
import { Scanner } from './scanner.ts'

const noPath: readonly JsonStep[] = []
const plainName = /^[A-Za-z0-9_$]+$/
const indexKey = /[-+]?\d+(?=->|::|[.,)]|$)/y
const keyExpected = '"-", digit or any non reserved character different from: .,>()'

/** `data->a->>0` at the cursor. */
export function parseField(scanner: Scanner): FieldRef {
  scanner.skipBlanks()
  const name = scanner.requireName()
  const path = parseJsonPath(scanner)
  scanner.skipBlanks()
  return { name, path }
}

/** Zero or more `->key` / `->>key`. */
export function parseJsonPath(scanner: Scanner): readonly JsonStep[] {
  if (!scanner.startsWith('->')) return noPath
  const steps: JsonStep[] = []
  while (scanner.startsWith('->')) {
    const asText = scanner.take('->>')
    if (!asText) scanner.take('->')
    steps.push({ asText, ...parseKey(scanner) })
  }
  return steps
}

function parseKey(scanner: Scanner): { key: string; isIndex: boolean } {
  indexKey.lastIndex = scanner.at
  const index = indexKey.exec(scanner.text)?.[0]
  if (index !== undefined) {
    scanner.at += index.length
    return { key: index.replace('+', ''), isIndex: true }
  }
  if (scanner.peek() === '"') return { key: scanner.quoted(), isIndex: false }
  const start = scanner.at
  let key = scanner.until('(-:.,>)')
  while (key !== '' && scanner.peek() === '-' && scanner.text[scanner.at + 1] !== '>') {
    scanner.at++
    const rest = scanner.until('(-:.,>)')
    if (rest === '') scanner.fail(keyExpected)
    key += `-${rest}`
  }
  if (key !== '') return { key: key.trim(), isIndex: false }
  if (scanner.peek() === '-' && scanner.at === start) {
    scanner.at++
    return scanner.fail('digit')
  }
  return scanner.fail(keyExpected)
}

export interface PathField {
  readonly path: EmbedPath
  readonly field: FieldRef
}

/** `parsePathField('clients.data->name')` → path `['clients']`, field `data->name` */
export function parsePathField(text: string): PathField {
  if (plainName.test(text)) return { path: [], field: { name: text, path: noPath } }
  const scanner = new Scanner(text, 'tree path')
  const names = [scanner.requireName()]
  while (scanner.take('.')) names.push(scanner.requireName())
  const path = parseJsonPath(scanner)
  return { path: names.slice(0, -1), field: { name: names.at(-1) as string, path } }
}

/** `parseNames('a, "b c"', 'columns parameter')` → `['a', 'b c']` */
export function parseNames(text: string, what: string): string[] {
  const scanner = new Scanner(text, what)
  const names = [scanner.requireName()]
  for (;;) {
    scanner.skipBlanks()
    if (!scanner.take(',')) return names
    scanner.skipBlanks()
    names.push(scanner.requireName())
  }
}
