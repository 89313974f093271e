/** The text of a file in pieces of whole lines: what a search reads of it at once. */
import { ColumnWriter } from '#core'
import type { Found } from '#parse'

interface Chunk {
  readonly firstLine: number
  readonly content: string
}

/** With its row no longer than a page of the database, where it is of ASCII. */
const chunkLength = 8_000
const maxLine = 8_192

/** A line that is longer than a piece is cut. */
function chunksOf(text: string): Chunk[] {
  const chunks: Chunk[] = []
  let lines: string[] = []
  let length = 0
  let firstLine = 1
  let number = 1
  for (const line of text.split('\n')) {
    if (length > 0 && length + line.length > chunkLength) {
      chunks.push({ firstLine, content: lines.join('\n') })
      lines = []
      length = 0
      firstLine = number
    }
    lines.push(line.length > maxLine ? line.slice(0, maxLine) : line)
    length += Math.min(line.length, maxLine) + 1
    number++
  }
  if (lines.length > 0) chunks.push({ firstLine, content: lines.join('\n') })
  return chunks
}

const writer = new ColumnWriter()

/** first_line, content */
export function foundChunks(text: string): Found {
  const chunks = chunksOf(text)
  writer.int(chunks.map(({ firstLine }) => firstLine))
  writer.text(chunks.map(({ content }) => content))
  return { count: chunks.length, columns: writer.take() }
}

/** What is behind the last end of a line is none where it is empty. */
export function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return text === '' || text.endsWith('\n') ? count : count + 1
}
