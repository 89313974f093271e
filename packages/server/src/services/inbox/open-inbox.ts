/** The inbox of a local project: what `basalt start` catches instead of sending. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { systemClock, systemRandom, uuid } from '#base/kernel'
import { answerInbox } from './inbox-api.ts'
import { createMailbox } from './mailbox.ts'
import { receiveMail } from './receive-mail.ts'

export interface InboxOptions {
  readonly host: string
  /** Of SMTP; 0 takes any free one. */
  readonly smtpPort: number
}

export interface Inbox {
  readonly smtpPort: number
  /** Mailpit's API and the page, for a port of their own. */
  handle(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}

/** Rejects when the port cannot be had. Mail is kept in memory. */
export async function openInbox({ host, smtpPort }: InboxOptions): Promise<Inbox> {
  const mailbox = createMailbox()
  const receiver = await receiveMail({
    host,
    port: smtpPort,
    newId: () => uuid(systemRandom),
    clock: systemClock,
    onMail: (mail) => mailbox.add(mail),
  })
  return {
    smtpPort: receiver.port,
    handle: (request) => answerInbox(mailbox, request),
    close: () => receiver.close(),
  }
}
