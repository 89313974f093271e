import { expect, test } from 'vitest'
import { BackendMessages } from './backend-messages.ts'
import type { PieceReader } from './large-row.ts'

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

const sent = [
  ['1', ''],
  ['D', 'some cells'],
  ['D', 'x'.repeat(300)],
  ['C', 'SELECT 2'],
  ['Z', 'I'],
] as const
const stream = Buffer.concat(sent.map(([type, body]) => message(type, body)))

/** Pushes chunks of memory that is overwritten once they were pushed. */
function receive(chunks: readonly Buffer[], divert?: () => PieceReader | null) {
  const seen: (() => [string, string])[] = []
  const messages = new BackendMessages((type, buffer, start, end) => {
    const body = buffer.subarray(start, end)
    seen.push(() => [String.fromCharCode(type), body.toString()])
  }, divert)
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk)
    messages.push(reused)
    reused.fill(0xff)
  }
  return seen.map((read) => read())
}

test('messages are the same however the stream is cut, and outlive the chunk they came in', () => {
  for (let size = 1; size <= stream.length; size++) {
    const chunks: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size))
    expect(receive(chunks)).toEqual(sent)
  }
})

test('a message beyond 1 MiB goes to its reader in pieces, what follows does not', () => {
  const large = 'y'.repeat(1024 * 1024 + 1)
  const whole = Buffer.concat([message('D', large), message('Z', 'I')])
  const pieces: Buffer[] = []
  const reader = { push: (piece: Buffer) => void pieces.push(Buffer.from(piece)) }
  const cut = [whole.subarray(0, 3), whole.subarray(3, 70_000), whole.subarray(70_000)]
  expect(receive(cut, () => reader)).toEqual([['Z', 'I']])
  expect(Buffer.concat(pieces).equals(Buffer.from(large))).toBe(true)
  expect(receive(cut, () => null)).toEqual([
    ['D', large],
    ['Z', 'I'],
  ])
})

test('a length that no message has is an error', () => {
  const bad = Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff, 0x00])
  expect(() => receive([bad])).toThrow('a message of 4294967291 bytes')
  expect(() => receive([Buffer.from([0x44, 0, 0, 0, 1, 0])])).toThrow(RangeError)
})
