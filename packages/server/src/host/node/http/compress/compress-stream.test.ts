import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { StreamedBody } from '#base/http'
import { compressStream } from './compress-stream.ts'
import { createEncoder } from './encoders.ts'

const gzip = (body: StreamedBody) => compressStream(body, () => createEncoder('gzip', 3))

async function collect(body: StreamedBody): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

test('what a slow producer said arrives before it says more', async () => {
  let goOn = (): void => {}
  const waited = new Promise<void>((resolve) => (goOn = resolve))
  const body = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('first')
      await waited
      yield Buffer.from(' second')
    },
  }
  const pieces = gzip(body)[Symbol.asyncIterator]()
  const received: Uint8Array[] = []
  const { constants } = await import('node:zlib')
  const soFar = () =>
    gunzipSync(Buffer.concat(received), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
  // a piece for the header of the format, or both at once
  do received.push((await pieces.next()).value as Uint8Array)
  while (soFar() !== 'first')
  goOn()
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
    received.push(next.value)
  expect(gunzipSync(Buffer.concat(received)).toString()).toBe('first second')
})

test('chunks are given back once they are read', async () => {
  const chunks = [Buffer.alloc(70_000, 'a'), Buffer.alloc(0), Buffer.alloc(10, 'b')]
  const released: Uint8Array[] = []
  const body = {
    async *[Symbol.asyncIterator]() {
      yield* chunks
    },
    release: (chunk: Uint8Array) => void released.push(chunk),
  }
  expect(gunzipSync(await collect(gzip(body))).length).toBe(70_010)
  expect(released).toEqual(chunks)
})

test.each([
  ['shorter', 9],
  ['longer', 2],
])('a body %s than was said is no whole answer', async (_, length) => {
  const body = {
    length,
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('abcd')
    },
  }
  await expect(collect(gzip(body))).rejects.toThrow(`the body has 4 bytes instead of ${length}`)
})

test('a producer that fails, fails the answer', async () => {
  const body = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('abcd')
      throw new Error('gone')
    },
  }
  await expect(collect(gzip(body))).rejects.toThrow('gone')
})

test('who stops reading ends the producer', async () => {
  let isEnded = false
  const body = {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) yield Buffer.alloc(100_000, Math.random().toString())
      } finally {
        isEnded = true
      }
    },
  }
  for await (const piece of gzip(body)) if (piece.length > 0) break
  expect(isEnded).toBe(true)
})
