import { expect, test } from 'vitest'
import { renderErrors } from './errors.ts'
import { SlowSources } from './slow-sources.ts'

test('a source that took too long is not tried again, nor by who waits already', async () => {
  const sources = new SlowSources(2)
  const slow = (): Promise<never> => Promise.reject(renderErrors.tooSlow())
  let ran = 0
  let turn = (): void => {}
  const waits = sources.run('a', async (check) => {
    await new Promise<void>((resolve) => (turn = resolve))
    check()
    ran++
  })
  await expect(sources.run('a', slow)).rejects.toThrow('takes too long')
  turn()
  await expect(waits).rejects.toThrow('takes too long')
  await expect(sources.run('a', async () => void ran++)).rejects.toThrow('takes too long')
  await sources.run('b', async () => void ran++)
  await expect(
    sources.run('b', () => Promise.reject(renderErrors.invalidSource())),
  ).rejects.toThrow('invalid')
  await sources.run('b', async () => void ran++)
  expect(ran).toBe(2)
  for (const source of ['c', 'd'])
    await expect(sources.run(source, slow)).rejects.toThrow('takes too long')
  // bounded: the oldest is forgotten
  await sources.run('a', async () => void ran++)
  expect(ran).toBe(3)
})
