import { expect, test } from 'vitest'
import { watchChunks } from './watch-chunks.ts'

async function read(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString()
}

test('bytes are counted, and only a mark at the beginning is taken off', async () => {
  const state = { bytes: 0, status: 'running' }
  const file = async function* () {
    yield Buffer.from('\ufeffa')
    yield Buffer.from('\ufeffb')
  }
  expect(await read(watchChunks(file(), state))).toBe('a\ufeffb')
  expect(state.bytes).toBe(8)
})

test('a mark that comes in pieces is taken off as well', async () => {
  const pieces = (text: string) =>
    (async function* () {
      for (const byte of Buffer.from(text)) yield Buffer.from([byte])
    })()
  const state = { bytes: 0, status: 'running' }
  expect(await read(watchChunks(pieces('\ufeff1,a\n'), state))).toBe('1,a\n')
  expect(state.bytes).toBe(7)
  for (const text of ['', 'a', 'ab', 'abc', 'a\ufeff', '\ufeff'])
    expect(await read(watchChunks(pieces(text), { bytes: 0, status: 'running' }))).toBe(
      text.replace(/^\ufeff/, ''),
    )
})

test('a file of which nothing more comes is given up', async () => {
  let isOver: () => void = () => {}
  const file = async function* () {
    yield Buffer.from('a')
    await new Promise<void>((resolve) => (isOver = resolve))
  }
  const state = { bytes: 0, status: 'running' }
  await expect(read(watchChunks(file(), state, 5))).rejects.toThrow(
    'nothing of the file arrived for 0.005 s',
  )
  isOver()
})

test('what is cancelled is read no further', async () => {
  const state = { bytes: 0, status: 'running' }
  const file = async function* () {
    for (;;) {
      yield Buffer.from('a')
      if (state.bytes === 3) state.status = 'cancelled'
    }
  }
  await expect(read(watchChunks(file(), state))).rejects.toThrow('cancelled')
  expect(state.bytes).toBe(3)
})
