import { expect, test } from 'vitest'
import { StreamPlaces } from './stream-places.ts'

test('half of the connections have a place, the next waits for one that is left, once', async () => {
  const places = new StreamPlaces(4, 10_000, 1)
  const [first, second] = [places.take(), places.take()]
  expect(places.take()).toBeNull()
  const waiting = places.wait()
  first?.leave()
  first?.leave()
  expect(await waiting).toBeDefined()
  expect(places.take()).toBeNull()
  second?.leave()
  expect(places.take()).not.toBeNull()
})

test('who finds the line full, or waits too long, is refused', async () => {
  const places = new StreamPlaces(2, 20, 1)
  places.take()
  const late = places.wait()
  const refused = { failure: 'streams-full', message: '1 large results are being read already' }
  await expect(places.wait()).rejects.toMatchObject(refused)
  await expect(late).rejects.toMatchObject(refused)
})
