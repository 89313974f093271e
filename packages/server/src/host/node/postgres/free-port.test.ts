import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

test('no port is given twice to those who do not listen yet', async () => {
  const ports: number[] = []
  for (let i = 0; i < 100; i++) ports.push(await freePort())
  expect(new Set(ports).size).toBe(100)
})
