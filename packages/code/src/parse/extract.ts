/** What a query has matched → symbols in the order of the text, each in its container, and references in theirs. */
import type { Node, QueryMatch } from 'web-tree-sitter'
import { ColumnWriter } from '#core'

/** Rows of one table, in columns. */
export interface Found {
  readonly count: number
  readonly columns: readonly Uint8Array<ArrayBuffer>[]
}

/** It crosses from thread to thread and into arrays of Postgres as it is, in one buffer. */
export interface Parsed {
  /** language, ordinal, name, kind, signature, container, start_line, start_column, end_line, end_column */
  readonly symbols: Found
  /** name, kind, line, column, container_ordinal: of the symbol it is in; null at the top */
  readonly references: Found
}

interface Definition {
  readonly node: Node
  readonly kind: string
  readonly end: number
  readonly name: string
  readonly nameStart: number
  /** Null: what it stands in. */
  readonly container: string | null
}

interface Reference {
  readonly node: Node
  readonly kind: string
}

const maxName = 256
const maxSignature = 300
/** Of one file: a generated one of 1 MB has some 50,000. */
const maxMatches = 100_000

/** Of each match: a definition with its name, or a reference. */
export function extract(
  language: string,
  text: string,
  matches: readonly Pick<QueryMatch, 'captures'>[],
): Parsed {
  const definitions = new Map<number, Definition>()
  const references: Reference[] = []
  for (const { captures } of matches.slice(0, maxMatches)) {
    const name = captures.find((capture) => capture.name === 'name')?.node
    const rest = captures.find((capture) => capture.name !== 'name' && capture.name !== 'in')
    const container = captures.find((capture) => capture.name === 'in')?.node
    if (rest === undefined) continue
    const kind = rest.name.slice(4)
    if (name === undefined) references.push({ node: rest.node, kind })
    else addDefinition(definitions, text, { node: rest.node, kind, name, container })
  }
  return new Outline(language, text, [...definitions.values()]).read(references)
}

interface Matched {
  readonly node: Node
  readonly kind: string
  readonly name: Node
  readonly container: Node | undefined
}

/** There may be more to say of one. */
const vague = new Set(['variable', 'field', 'type'])

function addDefinition(
  definitions: Map<number, Definition>,
  text: string,
  { node, kind, name, container }: Matched,
): void {
  const known = definitions.get(name.id)
  // of two patterns that fit, the more telling one
  if (known !== undefined && !vague.has(known.kind)) return
  const named = textOf(text, name)
  if (named === '') return
  const end = node.endIndex
  definitions.set(name.id, {
    node,
    kind,
    end,
    name: named,
    nameStart: name.startIndex,
    container: container === undefined ? null : textOf(text, container),
  })
}

function textOf(text: string, { startIndex, endIndex }: Node): string {
  return text.slice(startIndex, Math.min(endIndex, startIndex + maxName))
}

const writer = new ColumnWriter()
const symbolColumns = 10

interface Around {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  readonly name: string
}

/** Goes through the text once: what begins and has not ended is around what comes. */
class Outline {
  readonly #language: string
  readonly #text: string
  readonly #definitions: readonly Definition[]
  readonly #around: Around[] = []
  readonly #names: string[] = []
  readonly #kinds: string[] = []
  readonly #signatures: string[] = []
  readonly #containers: (string | null)[] = []
  /** Start and end, lines and columns. */
  readonly #places: readonly [number[], number[], number[], number[]] = [[], [], [], []]

  constructor(language: string, text: string, definitions: readonly Definition[]) {
    this.#language = language
    this.#text = text
    this.#definitions = definitions.toSorted(
      (one, other) => one.node.startIndex - other.node.startIndex || other.end - one.end,
    )
  }

  read(references: readonly Reference[]): Parsed {
    const nameStarts = new Set(this.#definitions.map(({ nameStart }) => nameStart))
    const names: string[] = []
    const kinds: string[] = []
    const lines: number[] = []
    const columns: number[] = []
    const containers: (number | null)[] = []
    for (const { node, kind } of references.toSorted(byStart)) {
      const { startIndex, startPosition } = node
      // where it is named it is not referred to, and elsewhere once
      if (nameStarts.has(startIndex)) continue
      nameStarts.add(startIndex)
      this.#goTo(startIndex)
      names.push(textOf(this.#text, node))
      kinds.push(kind)
      lines.push(startPosition.row + 1)
      columns.push(startPosition.column)
      containers.push(this.#around.at(-1)?.ordinal ?? null)
    }
    this.#goTo(Infinity)
    const count = this.#names.length
    writer.text(this.#names.map(() => this.#language))
    writer.int(this.#names.map((_, ordinal) => ordinal))
    for (const texts of [this.#names, this.#kinds, this.#signatures, this.#containers])
      writer.text(texts)
    for (const places of this.#places) writer.int(places)
    writer.text(names).text(kinds).int(lines).int(columns).int(containers)
    const written = writer.take()
    return {
      symbols: { count, columns: written.slice(0, symbolColumns) },
      references: { count: names.length, columns: written.slice(symbolColumns) },
    }
  }

  /** Symbols that begin until then are added, those that have ended left. */
  #goTo(index: number): void {
    for (;;) {
      const next = this.#definitions[this.#names.length]
      if (next === undefined || next.node.startIndex > index) break
      this.#leave(next.node.startIndex)
      this.#add(next)
    }
    this.#leave(index)
  }

  #add({ node, kind, end, name, nameStart, container }: Definition): void {
    // `int a, b`: one beside the other
    const last = this.#around.at(-1)
    const isBeside = last?.start === node.startIndex && last.end === end
    const within = this.#around.at(isBeside ? -2 : -1)
    const isMethod =
      kind === 'function' && within !== undefined && classes.has(this.#kinds[within.ordinal] ?? '')
    const { startIndex, startPosition, endPosition } = node
    if (!isBeside) this.#around.push({ ordinal: this.#names.length, start: startIndex, end, name })
    this.#names.push(name)
    this.#kinds.push(isMethod ? 'method' : kind)
    this.#signatures.push(signatureOf(this.#text, { start: startIndex, end, kind, nameStart }))
    this.#containers.push(container ?? within?.name ?? null)
    const [startLines, startColumns, endLines, endColumns] = this.#places
    startLines.push(startPosition.row + 1)
    startColumns.push(startPosition.column)
    endLines.push(endPosition.row + 1)
    endColumns.push(endPosition.column)
  }

  #leave(at: number): void {
    while (this.#around.length > 0 && (this.#around.at(-1)?.end ?? 0) <= at) this.#around.pop()
  }
}

const classes = new Set(['class', 'struct', 'interface', 'implementation', 'enum'])

/** A type that is made as well is rather that. */
function byStart(one: Reference, other: Reference): number {
  const isType = ({ kind }: Reference): number => Number(kind === 'type')
  return one.node.startIndex - other.node.startIndex || isType(one) - isType(other)
}

const withParameters = new Set(['function', 'method', 'class', 'struct', 'macro'])
/** A type before the name, on a line of its own. */
const onlyWords = /^[\w\s*&:<>,.]*$/

/** The line of the name, with what is before it but annotations, up to where its parentheses and it end. */
function signatureOf(
  text: string,
  {
    start,
    end,
    kind,
    nameStart,
  }: Pick<Definition, 'end' | 'kind' | 'nameStart'> & { start: number },
): string {
  const ofLine = Math.max(start, text.lastIndexOf('\n', nameStart) + 1)
  const from = onlyWords.test(text.slice(start, ofLine)) ? start : ofLine
  const until = Math.min(end, from + maxSignature)
  const stop = signatureEnd(text, nameStart, until, withParameters.has(kind))
  const signature = text.slice(from, stop).replace(/\s*[\r\n]\s*/g, ' ')
  return signature.replace(/\s*(\{|=>|:)?\s*$/, '').trim()
}

/** Of its line, or of that in which the last parenthesis ends. */
function signatureEnd(text: string, from: number, until: number, goesOn: boolean): number {
  let depth = 0
  for (let at = from; at < until; at++) {
    const letter = text[at]
    if (letter === '(' || letter === '[') depth++
    else if (letter === ')' || letter === ']') depth--
    else if (letter === '\n' && (depth <= 0 || !goesOn)) return at
  }
  return until
}
