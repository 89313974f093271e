/** What a query has captured → symbols in the order of the text, each in its container, and references in theirs. */
import type { QueryCapture } from 'web-tree-sitter'

/** In columns: it crosses from thread to thread and into arrays of Postgres as it is. */
export interface Parsed {
  readonly symbols: {
    readonly names: string[]
    readonly kinds: string[]
    readonly signatures: string[]
    readonly containers: (string | null)[]
    readonly startLines: number[]
    readonly startColumns: number[]
    readonly endLines: number[]
    readonly endColumns: number[]
  }
  readonly references: {
    readonly names: string[]
    readonly kinds: string[]
    readonly lines: number[]
    readonly columns: number[]
    /** The place of the symbol it is in; null at the top. */
    readonly containers: (number | null)[]
  }
}

interface Definition {
  readonly node: QueryCapture['node']
  readonly kind: string
  readonly start: number
  readonly end: number
  name: string
  nameStart: number
}

interface Reference {
  readonly name: string
  readonly kind: string
  readonly start: number
  readonly line: number
  readonly column: number
}

const maxName = 256
const maxSignature = 300
/** Of one file: a generated one of 1 MB has some 50,000. */
const maxCaptures = 200_000

export function extract(text: string, captures: readonly QueryCapture[]): Parsed {
  const definitions = new Map<number, Definition>()
  const references: Reference[] = []
  let open: Definition[] = []
  for (const { name, node } of captures.slice(0, maxCaptures)) {
    const start = node.startIndex
    if (name.startsWith('def.')) {
      const known = definitions.get(node.id)
      // of two patterns that fit, the more telling one
      if (known !== undefined && known.kind !== 'variable') continue
      const one: Definition = {
        node,
        kind: name.slice(4),
        start,
        end: node.endIndex,
        name: known?.name ?? '',
        nameStart: known?.nameStart ?? -1,
      }
      definitions.set(node.id, one)
      open = [...open.filter((other) => other.end > start && other.node.id !== node.id), one]
    } else if (name === 'name') nameInnermost(open, node, text)
    else {
      const { row, column } = node.startPosition
      const named = text.slice(start, Math.min(node.endIndex, start + maxName))
      references.push({ name: named, kind: name.slice(4), start, line: row + 1, column })
    }
  }
  return columnsOf(text, [...definitions.values()].filter(isNamed), references)
}

/** Captures come in the order of the text: a name belongs to the innermost definition around it that has none. */
function nameInnermost(
  open: readonly Definition[],
  node: QueryCapture['node'],
  text: string,
): void {
  const start = node.startIndex
  for (let index = open.length - 1; index >= 0; index--) {
    const one = open[index] as Definition
    if (one.end < node.endIndex || one.nameStart === start) continue
    if (one.nameStart !== -1) continue
    one.name = text.slice(start, Math.min(node.endIndex, start + maxName))
    one.nameStart = start
    return
  }
}

function isNamed({ name }: Definition): boolean {
  return name !== ''
}

function columnsOf(
  text: string,
  definitions: readonly Definition[],
  references: readonly Reference[],
): Parsed {
  const sorted = definitions.toSorted(
    (one, other) => one.start - other.start || other.end - one.end,
  )
  const parsed = emptyParsed()
  const nameStarts = new Set<number>()
  const around: { readonly ordinal: number; readonly end: number; readonly name: string }[] = []
  let next = 0
  const step = (until: number): void => {
    for (; next < sorted.length && (sorted[next] as Definition).start <= until; next++)
      addSymbol(parsed, text, sorted[next] as Definition, next, around)
  }
  for (const { nameStart } of sorted) nameStarts.add(nameStart)
  for (const reference of references.toSorted((one, other) => one.start - other.start)) {
    // where it is named it is not referred to
    if (nameStarts.has(reference.start)) continue
    step(reference.start)
    leave(around, reference.start)
    const { references: columns } = parsed
    columns.names.push(reference.name)
    columns.kinds.push(reference.kind)
    columns.lines.push(reference.line)
    columns.columns.push(reference.column)
    columns.containers.push(around.at(-1)?.ordinal ?? null)
  }
  step(Infinity)
  return parsed
}

function addSymbol(
  { symbols }: Parsed,
  text: string,
  { node, kind, start, end, name }: Definition,
  ordinal: number,
  around: { ordinal: number; end: number; name: string }[],
): void {
  leave(around, start)
  const container = around.at(-1)?.name ?? null
  const { startPosition, endPosition } = node
  symbols.names.push(name)
  symbols.kinds.push(kind === 'function' && isMethod(symbols, around) ? 'method' : kind)
  symbols.signatures.push(signatureOf(text, start, end))
  symbols.containers.push(container)
  symbols.startLines.push(startPosition.row + 1)
  symbols.startColumns.push(startPosition.column)
  symbols.endLines.push(endPosition.row + 1)
  symbols.endColumns.push(endPosition.column)
  around.push({ ordinal, end, name })
}

const classes = new Set(['class', 'struct', 'interface', 'implementation', 'enum'])

function isMethod(symbols: Parsed['symbols'], around: readonly { ordinal: number }[]): boolean {
  const within = around.at(-1)
  return within !== undefined && classes.has(symbols.kinds[within.ordinal] ?? '')
}

function leave(around: { end: number }[], at: number): void {
  while (around.length > 0 && (around.at(-1)?.end ?? 0) <= at) around.pop()
}

/** The first line, up to where the body begins. */
function signatureOf(text: string, start: number, end: number): string {
  const until = Math.min(end, start + maxSignature)
  const [line = ''] = text.slice(start, until).split(/\r?\n/, 1)
  return line.replace(/\s*(\{|=>|:)?\s*$/, '').trim()
}

export function emptyParsed(): Parsed {
  return {
    symbols: {
      names: [],
      kinds: [],
      signatures: [],
      containers: [],
      startLines: [],
      startColumns: [],
      endLines: [],
      endColumns: [],
    },
    references: { names: [], kinds: [], lines: [], columns: [], containers: [] },
  }
}
