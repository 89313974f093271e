import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { bytesBody } from '#base/http'
import { discardAddress, openInbox } from '#services/inbox'
import type { Inbox } from '#services/inbox'
import { neverCancelled, silentLog } from '#base/kernel'
import type { Project } from '#base/service'
import type { AuthMail } from '#services/auth/core'
import { createSmtpMailer } from './smtp-mailer.ts'

let inbox: Inbox
let workdir: string
beforeAll(async () => {
  inbox = await openInbox({ host: '127.0.0.1', smtpPort: 0 })
  workdir = mkdtempSync(join(tmpdir(), 'basalt-mail-'))
})
afterAll(async () => {
  await inbox.close()
  rmSync(workdir, { recursive: true })
})

const warnings: string[] = []
function send(config: Partial<Config>, data = {}, more: Partial<AuthMail> = {}): Promise<void> {
  const mailer = createSmtpMailer({
    inbox: { host: '127.0.0.1', port: inbox.smtpPort, discardAddress },
    workdir,
  })
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) }
  const project = { config: defineConfig(config), log, externalUrl: 'http://api' }
  const sent = mailer.send(project as unknown as Project, {
    action: 'magiclink',
    to: 'ann@x.co',
    code: '123456',
    tokenHash: 'hash',
    redirectTo: 'http://site/?a=1',
    email: 'ann@x.co',
    newEmail: '',
    data,
    ...more,
  })
  return sent.finally(() => mailer.close?.())
}

async function latest() {
  const response = await inbox.handle({
    method: 'GET',
    path: '/api/v1/message/latest',
    query: '',
    headers: {},
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from('')),
  })
  // oxlint-disable-next-line typescript/no-explicit-any
  return JSON.parse(response.body as string) as any
}

const template = (given: object): Partial<Config> => ({
  'auth.email.template': {
    magic_link: { subject: null, content: null, content_path: null, ...given },
  },
})

test('without templates a mail has a link and a code, in HTML and in text', async () => {
  await send({})
  const link = 'http://api/auth/v1/verify?token=hash&type=magiclink&redirect_to='
  const mail = await latest()
  expect(mail).toMatchObject({ Subject: 'Your sign-in link', To: [{ Address: 'ann@x.co' }] })
  expect(mail.Text).toContain(`${link}${encodeURIComponent('http://site/?a=1')}`)
  expect(mail.Text).toContain('123456')
  expect(mail.HTML).toContain('<strong>123456</strong>')
})

test("the project's template is used, its variables filled in and escaped", async () => {
  writeFileSync(join(workdir, 'link.html'), '<p>{{ .Data.name }} {{ .TokenHash }}</p>')
  await send(template({ content_path: './link.html', subject: 'For {{ .Email }}' }), {
    name: '<Ann>',
  })
  const mail = await latest()
  expect(mail.Subject).toBe('For ann@x.co')
  expect(mail.HTML).toContain('&lt;Ann&gt; hash')
})

test('a notification has its own text, of the project or the default', async () => {
  const notice = { action: 'email_changed_notification', notice: { oldEmail: 'old@x.co' } } as const
  await send({}, {}, notice)
  expect(await latest()).toMatchObject({ Subject: 'Your email address has changed' })
  expect((await latest()).Text).toContain('was old@x.co and is ann@x.co now')
  const own = { enabled: true, subject: 'From {{ .OldEmail }}', content: 'x', content_path: null }
  await send({ 'auth.email.notification': { email_changed: own } }, {}, notice)
  expect((await latest()).Subject).toBe('From old@x.co')
})

test('what a user says of themselves adds no header', async () => {
  const name = 'x\r\nBcc: victim@x.co\r\n\r\nbody'
  await send(template({ subject: 'Hi {{ .Data.name }}' }), { name })
  const mail = await latest()
  expect(mail).toMatchObject({ Subject: 'Hi x Bcc: victim@x.co body', Bcc: [], To: [{}] })
})

test.each([{ content: '{{ range .X }}' }, { content_path: './missing.html' }])(
  'a template that cannot be used (%j) gives way to the default, with a warning',
  async (given) => {
    await send(template(given))
    expect((await latest()).Subject).toBe('Your sign-in link')
    expect(warnings.at(-1)).toBe('a mail template cannot be used')
  },
)

test('a server that is not there is an error', async () => {
  const smtp = { 'auth.email.smtp.enabled': true, 'auth.email.smtp.host': '127.0.0.1' }
  await expect(send({ ...smtp, 'auth.email.smtp.port': 1 })).rejects.toThrow(/./)
})
