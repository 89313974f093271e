import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { silentLog } from '#base/kernel'
import type { Project } from '#base/service'
import { findWeakness } from './password-strength.ts'

let service: Server
let url = ''
const asked: string[] = []
let answer: (response: ServerResponse) => void
beforeAll(async () => {
  service = createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${String(request.headers['add-padding'])}`)
    answer(response)
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
})
afterAll(() => {
  service.closeAllConnections()
  service.close()
})

const digest = createHash('sha1').update('password1').digest('hex').toUpperCase()
const warnings: string[] = []
const project = {
  log: { ...silentLog, warn: (message: string) => void warnings.push(message) },
} as Project

const reasons = async (password: string, enabled = true): Promise<readonly string[] | null> => {
  const config = defineConfig({
    'basalt.auth.leaked_passwords': enabled,
    'basalt.auth.leaked_passwords_url': url,
  })
  return (await findWeakness({ config, project }, password))?.reasons ?? null
}

test('a leaked password is weak; the service learns five characters of its hash', async () => {
  answer = (response) => response.end(`0123:7\r\n${digest.slice(5)}:42\r\n`)
  expect(await reasons('password1')).toEqual(['pwned'])
  expect(asked.at(-1)).toBe(`/range/${digest.slice(0, 5)} true`)
  expect(await reasons('another password')).toBeNull()
})

test('a padding line is no leak', async () => {
  answer = (response) => response.end(`${digest.slice(5)}:0`)
  expect(await reasons('password1')).toBeNull()
})

test('nothing is asked unless it is turned on', async () => {
  const before = asked.length
  expect(await reasons('password1', false)).toBeNull()
  expect(asked.length).toBe(before)
})

test.each([
  ['an error', (response: ServerResponse) => response.writeHead(503).end()],
  ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: url }).end()],
  ['an endless answer', (response: ServerResponse) => response.end('x'.repeat(600_000))],
])('with %s the password passes, with a warning', async (_, broken) => {
  answer = broken
  warnings.length = 0
  expect(await reasons('password1')).toBeNull()
  expect(warnings).toEqual(['a password could not be looked up among the leaked ones'])
})
