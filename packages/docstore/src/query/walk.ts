/** Reads documents along spans of an index, chunk by chunk: what all reads of more than one document go through. */
import { isPromise, type Maybe } from '#kernel'
import type { Range } from '#engine'
import type { ReadView } from '#storage'
import { decodeDocument, isLive, type Access, type Doc, type OpenStore } from '#document'

export interface ReadContext {
  view: ReadView
  now: number
  /** undefined: the service handle. */
  access: Access | undefined
}

export interface Found {
  /** The whole key in the engine of what was walked: a document or an index entry. */
  entry: string
  primaryKey: string
  text: string
  doc: Doc
}

export interface Counts {
  entriesRead: number
  documentsRead: number
}

export interface WalkOptions {
  reverse: boolean
  /** Entries a step; the last step of a walk that wants few reads no more than it wants. */
  chunk: number
}

const largestChunk = 256

/** Live documents the caller may see, in the order of the walk. Documents are read for index entries, by their key. */
export async function* walk(
  context: ReadContext,
  store: OpenStore,
  spans: readonly Range[],
  isPrimary: boolean,
  options: WalkOptions,
  counts: Counts,
): AsyncGenerator<Found[]> {
  for (const span of options.reverse ? spans.toReversed() : spans) {
    if (span.gte >= span.lt) continue
    const iterator = context.view.iterate({ ...span, reverse: options.reverse, values: 'text' })
    let chunk = options.chunk
    try {
      for (;;) {
        const entries = (await iterator.next(chunk)) as [string, string][]
        counts.entriesRead += entries.length
        const found = isPrimary
          ? entries.map(([entry, text]) => ({
              entry,
              primaryKey: entry.slice(store.prefix.length),
              text,
            }))
          : await readDocuments(context, store, entries)
        counts.documentsRead += found.length
        yield visible(context, store, found)
        if (entries.length < chunk) break
        chunk = Math.min(largestChunk, chunk * 2)
      }
    } finally {
      await iterator.close()
    }
  }
}

type Raw = Omit<Found, 'doc'>

async function readDocuments(
  context: ReadContext,
  store: OpenStore,
  entries: readonly [string, string][],
): Promise<Raw[]> {
  const texts: Maybe<string | undefined>[] = []
  let mustWait = false
  for (const [, primaryKey] of entries) {
    const text = context.view.getText(store.prefix + primaryKey)
    if (isPromise(text)) mustWait = true
    texts.push(text)
  }
  const all = mustWait ? await Promise.all(texts.map((text) => Promise.resolve(text))) : texts
  const found: Raw[] = []
  for (const [at, [entry, primaryKey]] of entries.entries()) {
    const text = all[at] as string | undefined
    if (text !== undefined) found.push({ entry, primaryKey, text })
  }
  return found
}

function visible(context: ReadContext, store: OpenStore, raw: readonly Raw[]): Found[] {
  const found: Found[] = []
  for (const one of raw) {
    if (!isLive(one.text, context.now)) continue
    const doc = decodeDocument(one.text)
    if (isVisible(context, store, doc)) found.push({ ...one, doc })
  }
  return found
}

export function isVisible(context: ReadContext, store: OpenStore, doc: Doc): boolean {
  return context.access?.allows(store.definition?.policies, 'select', doc) ?? true
}
