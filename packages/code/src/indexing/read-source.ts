/** Bytes of a file → text and what is in it; whatever they are, they end as a row with a status. */
import type { TreeFile } from '#git'
import { languageOf } from '#parse'
import type { Parsed } from '#parse'
import { messageOf } from '#core'
import { countLines, foundChunks } from './chunks.ts'
import type { ParseOnce } from './parse-once.ts'
import type { ReadFile } from './write-files.ts'

/** Of a job. */
export interface Failures {
  parse: number
  readonly reasons: Record<string, number>
}

/** Each may have cost the whole time that parsing may take: after so many only text is kept of the rest. */
const maxParseFailures = 20
const looked = 8_192
const decoder = new TextDecoder('utf-8', { ignoreBOM: false })

/** `content` is its size where it is too large to be read. */
export async function readSource(
  parser: ParseOnce,
  { path, hash }: TreeFile,
  content: Buffer | number,
  failures: Failures,
): Promise<ReadFile> {
  const language = languageOf(path)
  const about = { path, hash, language: language?.name ?? null }
  const nothing = { lines: 0, chunks: null, parsed: null }
  const skip = (status: string, sizeBytes: number): ReadFile => {
    failures.reasons[status] = (failures.reasons[status] ?? 0) + 1
    return { ...about, ...nothing, sizeBytes, status }
  }
  if (typeof content === 'number') return skip('too_large', Math.min(content, 2_147_483_647))
  if (content.subarray(0, looked).includes(0)) return skip('binary', content.length)
  // what is not UTF-8 becomes U+FFFD; a zero byte further on is none of PostgreSQL's characters
  const text = decoder.decode(content).replaceAll('\0', '\uFFFD')
  const pieces = { lines: countLines(text), chunks: foundChunks(text) }
  const read = { ...about, ...pieces, parsed: null, sizeBytes: content.length }
  if (language === null) return { ...read, status: 'text' }
  if (failures.parse >= maxParseFailures)
    return { ...skip('not_parsed', content.length), ...pieces }
  let parsed: Parsed | null
  try {
    parsed = await parser.parse(language, hash, text)
  } catch (error) {
    failures.parse++
    const reason = messageOf(error)
    failures.reasons[reason] = (failures.reasons[reason] ?? 0) + 1
    return { ...read, status: 'parse_failed' }
  }
  return { ...read, parsed, status: parsed === null ? 'no_grammar' : 'indexed' }
}
