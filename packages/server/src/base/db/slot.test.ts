import { describe, expect, test } from 'vitest'
import type { Connection } from './connection.ts'
import { pickSlot, Slot } from './slot.ts'

const slotOf = (inFlight: number, paceMs: number, idleMs = 0): Slot => {
  const connection = { inFlight, isClosed: false, isCancelling: false } as unknown as Connection
  const slot = new Slot(connection)
  for (let i = 0; i < 50; i++) slot.learn(paceMs)
  slot.idleSince = performance.now() - idleMs
  return slot
}
const wish = { shared: true, depth: 16, max: 16, sharedConnections: 2, othersWait: false }

describe('a shared request', () => {
  test('goes where it is done first, not where fewest are in flight', () => {
    const fast = slotOf(8, 0.1)
    expect(pickSlot([slotOf(1, 5), fast], wish)).toBe(fast)
  })

  test('leaves an idle connection that was slow alone, until its pace is forgotten', () => {
    const fast = slotOf(3, 0.1)
    expect(pickSlot([slotOf(0, 5), fast], wish)).toBe(fast)
    const rested = slotOf(0, 5, 1000)
    expect(pickSlot([rested, fast], wish)).toBe(rested)
  })

  test('takes no further connection than may be shared, and none that is full', () => {
    const [a, b] = [slotOf(2, 0.1), slotOf(1, 0.1)]
    expect(pickSlot([a, b, slotOf(0, 0)], wish)).toBe(b)
    expect(pickSlot([slotOf(16, 0.1), slotOf(16, 0.1), slotOf(0, 0)], wish)).toBeNull()
  })
})

test('who wants a connection alone gets an idle one, whatever its pace, or waits', () => {
  const slow = slotOf(0, 5)
  const taken = slotOf(0, 0)
  taken.exclusive = true
  expect(pickSlot([slotOf(1, 0), taken, slow], { ...wish, shared: false })).toBe(slow)
  expect(pickSlot([slotOf(1, 0), taken], { ...wish, shared: false })).toBeNull()
})
