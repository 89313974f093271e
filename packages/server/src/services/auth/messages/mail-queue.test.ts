import { expect, test, vi } from 'vitest'
import { silentLog } from '#base/kernel'
import { createMailQueue } from './mail-queue.ts'

const mail = (deliver: () => Promise<void>) => ({ action: 'recovery', log: silentLog, deliver })
const refused = (responseCode: number) => Object.assign(new Error('no'), { responseCode })

test('what fails is tried again, so many times', async () => {
  const queue = createMailQueue({ retryAfterMs: [0, 0] })
  const deliver = vi.fn<() => Promise<void>>().mockRejectedValue(new Error('down'))
  queue.add(mail(deliver))
  await vi.waitFor(() => expect(queue.stats()).toEqual({ waiting: 0, sent: 0, failed: 1 }))
  expect(deliver).toHaveBeenCalledTimes(3)
})

test('what a server refuses for good is not tried again; what it puts off is', async () => {
  const queue = createMailQueue({ retryAfterMs: [0] })
  const forGood = vi.fn<() => Promise<void>>().mockRejectedValue(refused(550))
  const later = vi.fn<() => Promise<void>>().mockRejectedValueOnce(refused(451)).mockResolvedValue()
  queue.add(mail(forGood))
  queue.add(mail(later))
  await vi.waitFor(() => expect(queue.stats()).toEqual({ waiting: 0, sent: 1, failed: 1 }))
  expect([forGood.mock.calls.length, later.mock.calls.length]).toEqual([1, 2])
})

test('so many are under way at a time, so many wait, the others are dropped and logged', async () => {
  const errors: string[] = []
  const log = { ...silentLog, error: (message: string) => void errors.push(message) }
  const queue = createMailQueue({ concurrency: 2, maxWaiting: 3 })
  const release: (() => void)[] = []
  const deliver = () => new Promise<void>((resolve) => release.push(resolve))
  for (let i = 0; i < 3; i++) queue.add({ action: 'signup', log, deliver })
  expect([release.length, queue.hasRoom()]).toEqual([2, false])
  queue.add({ action: 'signup', log, deliver })
  expect(errors).toEqual(['a mail was dropped: too many are waiting'])
  release[0]?.()
  await vi.waitFor(() => expect(release).toHaveLength(3))
  expect(queue.hasRoom()).toBe(true)
})

test('a drain delivers what waits at once, and gives up in time', async () => {
  const queue = createMailQueue({ retryAfterMs: [3_600_000] })
  const later = vi
    .fn<() => Promise<void>>()
    .mockRejectedValueOnce(new Error('down'))
    .mockResolvedValue()
  queue.add(mail(later))
  await vi.waitFor(() => expect(queue.stats().waiting).toBe(1))
  await queue.drain(1_000)
  expect(queue.stats()).toEqual({ waiting: 0, sent: 1, failed: 0 })

  const stuck = createMailQueue({ concurrency: 1 })
  for (let i = 0; i < 3; i++) stuck.add(mail(() => new Promise<void>(() => {})))
  await stuck.drain(10)
  expect(stuck.stats()).toEqual({ waiting: 1, sent: 0, failed: 2 })
})
