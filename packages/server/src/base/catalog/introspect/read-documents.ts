/** Documents of an introspection statement, one a row: small ones, so that no single parse holds others up. */
import type { Result } from '#base/db'

const decoder = new TextDecoder()

/** The first cell of each row as JSON; in steps of a row each. */
export function* readDocuments<T>(result: Result | undefined): Generator<void, T[]> {
  if (result === undefined) throw new Error('introspection gave nothing')
  const documents: T[] = []
  for (const [cell] of result.rows) {
    documents.push(JSON.parse(decoder.decode(cell ?? undefined)) as T)
    yield
  }
  return documents
}
