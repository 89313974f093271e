import { expect, test, vi } from 'vitest'
import { OpeningTurns } from './opening-turns.ts'

/** Work that ends when it is told to. */
function held() {
  const ends: (() => void)[] = []
  const work = (): Promise<void> => new Promise((resolve) => ends.push(resolve))
  return { ends, work }
}

test('a few run at once, the others as these end, in the order they came in', async () => {
  const turns = new OpeningTurns()
  const { ends, work } = held()
  const done: number[] = []
  const all = Array.from({ length: 10 }, (_, at) => turns.run(work).then(() => done.push(at)))
  await vi.waitUntil(() => ends.length === 2)
  for (let ended = 0; ended < 10; ended++) {
    await vi.waitUntil(() => ends.length > ended)
    ends[ended]?.()
  }
  await Promise.all(all)
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('what fails makes room too', async () => {
  const turns = new OpeningTurns()
  const refused = Array.from({ length: 10 }, () =>
    turns.run(() => Promise.reject(new Error('away'))).catch(String),
  )
  expect(await Promise.all(refused)).toEqual(Array.from({ length: 10 }, () => 'Error: away'))
})

test('what hangs holds up the next for a moment only', async () => {
  const turns = new OpeningTurns(20)
  const { work } = held()
  for (let hanging = 0; hanging < 8; hanging++) void turns.run(work)
  expect(await turns.run(() => Promise.resolve('opened'))).toBe('opened')
})
