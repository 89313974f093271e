import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bytesBody } from '#base/http'
import { neverCancelled } from '#base/kernel'
import { openInbox } from './open-inbox.ts'
import type { Inbox } from './open-inbox.ts'

let inbox: Inbox
beforeAll(async () => {
  inbox = await openInbox({ host: '127.0.0.1', smtpPort: 0 })
})
afterAll(() => inbox.close())
beforeEach(() => call('DELETE', '/api/v1/messages', {}))

async function call(method: string, target: string, body?: unknown) {
  const [path = '', query = ''] = target.split('?')
  const response = await inbox.handle({
    method,
    path,
    query,
    headers: {},
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from(body === undefined ? '' : JSON.stringify(body))),
  })
  const text = Buffer.from((response.body ?? '') as string).toString()
  const isJson = response.headers['content-type'] === 'application/json'
  // oxlint-disable-next-line typescript/no-explicit-any
  const json: any = isJson ? JSON.parse(text) : null
  return { status: response.status, text, json }
}

async function send(to: string, subject: string, html = '<p>Hello</p>'): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: inbox.smtpPort, secure: false })
  await transport.sendMail({ from: 'Me <me@x.co>', to, subject, text: 'Code 123456', html })
  transport.close()
}

test('a mail sent is found by its address and read whole', async () => {
  await send('ann@x.co', 'Grüße')
  await send('bob@x.co', 'Other')
  const { json } = await call('GET', '/api/v1/search?query=to:ann%40x.co')
  expect(json).toMatchObject({ total: 2, messages_count: 1 })
  const [summary] = json.messages
  expect(summary).toMatchObject({
    Subject: 'Grüße',
    From: { Name: 'Me', Address: 'me@x.co' },
    To: [{ Address: 'ann@x.co' }],
    Snippet: 'Code 123456',
  })
  const mail = await call('GET', `/api/v1/message/${summary.ID}`)
  expect(mail.json).toMatchObject({ Text: 'Code 123456', HTML: '<p>Hello</p>' })
  expect((await call('GET', `/api/v1/message/${summary.ID}/raw`)).text).toContain('me@x.co')
  expect((await call('GET', '/api/v1/message/latest')).json.Subject).toBe('Other')
})

test('mails are listed newest first, in pages, and deleted by id, by search or all', async () => {
  for (const subject of ['1', '2', '3', '4']) await send('c@x.co', subject)
  const { json } = await call('GET', '/api/v1/messages?limit=2&start=1')
  expect(json.messages.map((mail: { Subject: string }) => mail.Subject)).toEqual(['3', '2'])
  await call('DELETE', '/api/v1/messages', { IDs: [json.messages[0].ID] })
  await call('DELETE', '/api/v1/search?query=subject:2')
  expect((await call('GET', '/api/v1/messages')).json.total).toBe(2)
  await call('DELETE', '/api/v1/messages')
  expect((await call('GET', '/api/v1/info')).json.Messages).toBe(0)
})

test('the page shows mails without running what is in them', async () => {
  expect((await call('GET', '/')).text).toContain('No mail yet')
  await send('d@x.co', '<b>bold</b>', '<script>alert(1)</script>')
  const list = (await call('GET', '/')).text
  expect(list).toContain('&lt;b&gt;bold')
  const { ID } = (await call('GET', '/api/v1/message/latest')).json
  expect((await call('GET', `/view/${ID}`)).text).not.toContain('<script>')
  expect((await call('GET', '/view/none')).status).toBe(404)
  expect((await call('GET', '/none')).status).toBe(404)
  expect((await call('PUT', '/')).status).toBe(405)
})
