/** Mail that leaves the machine: behind the answer, delivered before the end, seen when it fails. */
import { openInbox } from '#services/inbox'
import type { Inbox } from '#services/inbox'
import { bytesBody } from '#base/http'
import { neverCancelled } from '#base/kernel'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let inbox: Inbox
beforeAll(async () => {
  inbox = await openInbox({ host: '127.0.0.1', smtpPort: 0 })
})
afterAll(() => inbox.close())

const start = (port: number): Promise<TestPlatform> =>
  startTestPlatform({
    config: {
      'auth.email.enable_confirmations': true,
      'auth.email.max_frequency': 0,
      'auth.email.smtp.enabled': true,
      'auth.email.smtp.host': '127.0.0.1',
      'auth.email.smtp.port': port,
      'auth.email.smtp.admin_email': 'app@example.com',
    },
  })

const signUp = async (server: TestPlatform, email: string): Promise<number> => {
  const response = await fetch(`${server.url}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: server.platform.keys.anonKey },
    body: JSON.stringify({ email, password: 'correct horse' }),
  })
  return response.status
}

async function received(): Promise<readonly string[]> {
  const response = await inbox.handle({
    method: 'GET',
    path: '/api/v1/messages',
    query: '',
    headers: {},
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(new Uint8Array()),
  })
  const { messages } = JSON.parse(String(response.body)) as {
    messages: { To: { Address: string }[] }[]
  }
  return messages.map(({ To }) => To[0]?.Address ?? '')
}

test('what was accepted is delivered before the process ends', async () => {
  const server = await start(inbox.smtpPort)
  const emails = Array.from({ length: 12 }, (_, i) => `last${i}@example.com`)
  const statuses = await Promise.all(emails.map((email) => signUp(server, email)))
  expect(new Set(statuses)).toEqual(new Set([200]))
  await server.close()
  expect((await received()).toSorted()).toEqual(emails.toSorted())
})

test('a mail server that is not there changes no answer; the log and the metrics say it', async () => {
  const server = await start(1)
  try {
    expect(await signUp(server, 'lost@example.com')).toBe(200)
    const warned = () => server.logged.some(({ message }) => message === 'a mail is tried again')
    await expect.poll(warned).toBe(true)
    const { body } = await server.platform.handleAdmin({
      method: 'GET',
      path: '/metrics',
      query: '',
      headers: {},
      remoteAddress: '',
      cancellation: neverCancelled,
      body: bytesBody(new Uint8Array()),
    })
    expect(String(body)).toContain('auth_mails_waiting{project="default"} 1')
    // who asked is nobody's business in a log
    expect(JSON.stringify(server.logged)).not.toContain('lost@example.com')
  } finally {
    await server.close()
  }
  const given = server.logged.filter(({ message }) => message === 'a mail could not be sent')
  expect(given).toMatchObject([{ level: 'error', action: 'signup' }])
})
