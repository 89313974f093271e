import { expect, test } from 'vitest'
import { CancellationSource } from '#base/kernel'
import type { Outgoing } from './outgoing.ts'
import { writeResponse } from './write-response.ts'

const reading = {
  send: () => {},
  begin: () => {},
  onDrain: () => {},
  end: () => {},
  fail: () => {},
}

function streamOf(length: number, chunks: readonly string[]) {
  const told = { isEnded: false }
  const body = {
    length,
    [Symbol.asyncIterator]: async function* () {
      try {
        for (const chunk of chunks) yield Buffer.from(chunk)
      } finally {
        told.isEnded = true
      }
    },
  }
  return { told, response: { status: 200, headers: {}, body } }
}

test.each([
  ['shorter', 5, ['ab', 'cd']],
  ['longer', 3, ['ab', 'cd']],
])('a body that is %s than was said is no whole answer', async (_, length, chunks) => {
  const written: string[] = []
  const outgoing: Outgoing = {
    ...reading,
    write: (chunk) => written.push(Buffer.from(chunk).toString()) > 0,
    end: () => written.push('end'),
  }
  const { response, told } = streamOf(length, chunks)
  await expect(writeResponse(outgoing, 'GET', response, new CancellationSource())).rejects.toThrow(
    `the body has 4 bytes instead of ${length}`,
  )
  expect(written).not.toContain('end')
  expect(written.join('').length).toBeLessThanOrEqual(length)
  expect(told.isEnded).toBe(true)
})

test('who reads nothing any more holds no producer', async () => {
  const { response, told } = streamOf(4, ['ab', 'cd'])
  const outgoing: Outgoing = { ...reading, write: () => false }
  await expect(
    writeResponse(outgoing, 'GET', response, new CancellationSource(), 5),
  ).rejects.toThrow('reads nothing')
  expect(told.isEnded).toBe(true)
})
