import { expect, test } from 'vitest'
import { writtenBy } from './write-stream.ts'

const pace = { graceMs: 50, bytesPerMs: 10 }

/** Writes until it is told that nobody reads; how often it did. */
function writing() {
  const told = { writes: 0, reason: null as string | null }
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  const stream = writtenBy(async (write) => {
    try {
      for (;;) {
        await write('ten bytes!')
        told.writes++
      }
    } catch (error) {
      told.reason = error instanceof Error ? error.message : null
      throw error
    } finally {
      end()
    }
  }, pace)
  return { told, stream, ended }
}

test('who reads nothing is waited for as long as the pace says', async () => {
  const { told, stream, ended } = writing()
  expect(String((await stream.next()).value)).toBe('ten bytes!')
  await ended
  expect(told).toEqual({ writes: 2, reason: 'the reader is too slow' })
  // what was written is read, and that it is not all
  expect(String((await stream.next()).value)).toBe('ten bytes!')
  await expect(stream.next()).rejects.toThrow('the reader is too slow')
})

test('who reads too slowly is not waited for again and again', async () => {
  const { told, stream, ended } = writing()
  const read = async (): Promise<void> => {
    for await (const _ of stream) await new Promise((later) => setTimeout(later, 20))
  }
  await expect(read()).rejects.toThrow('the reader is too slow')
  await ended
  expect(told.writes).toBeLessThan(8)
})

test('who reads as fast as the pace reads for as long as there is something', async () => {
  const { told, stream } = writing()
  for await (const _ of stream) if (told.writes > 20_000) break
  expect(told.reason).toBe('nobody reads any more')
})
