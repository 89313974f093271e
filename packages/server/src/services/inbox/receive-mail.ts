/** The SMTP server that accepts mail for anybody, and its reader. Loaded with the first start only. */
import type { AddressObject } from 'mailparser'
import type { Clock } from '#base/kernel'
import type { Address, Mail } from './mailbox.ts'

export interface Receiver {
  readonly port: number
  close(): Promise<void>
}

export interface ReceiverOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly newId: () => string
  readonly clock: Clock
  readonly onMail: (mail: Mail) => void
}

/** What goes here is received as any mail, read, and forgotten: so that a mail not sent takes as long as one that is. */
export const discardAddress = 'nobody@discard.invalid'

const maxMailBytes = 20 * 1024 * 1024

/** Resolves when it listens; rejects when the port cannot be had. */
export async function receiveMail(options: ReceiverOptions): Promise<Receiver> {
  const { SMTPServer } = await import('smtp-server')
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    allowInsecureAuth: true,
    size: maxMailBytes,
    closeTimeout: 500,
    onAuth: (_, __, callback) => callback(null, { user: 'anybody' }),
    onData: (stream, session, callback) => {
      const recipients = session.envelope.rcptTo.map(({ address }) => address)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        readMail(options, Buffer.concat(chunks), recipients).then(
          (mail) => {
            if (!recipients.every((address) => address === discardAddress)) options.onMail(mail)
            callback()
          },
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
        )
      })
    },
  })
  // a client that goes away in the middle is no reason to end the process
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(options.port, options.host, () => resolve())
  })
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function readMail(
  { newId, clock }: ReceiverOptions,
  raw: Buffer,
  recipients: readonly string[],
): Promise<Mail> {
  const { simpleParser } = await import('mailparser')
  const parsed = await simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true })
  const visible = [...addressesOf(parsed.to), ...addressesOf(parsed.cc)]
  const hidden = recipients.filter(
    (recipient) => !visible.some(({ Address: address }) => address === recipient),
  )
  return {
    ID: newId(),
    MessageID: (parsed.messageId ?? '').replace(/^<|>$/g, ''),
    From: addressesOf(parsed.from)[0] ?? { Name: '', Address: '' },
    To: addressesOf(parsed.to),
    Cc: addressesOf(parsed.cc),
    Bcc: hidden.map((address) => ({ Name: '', Address: address })),
    ReplyTo: addressesOf(parsed.replyTo),
    Subject: parsed.subject ?? '',
    Created: new Date(clock.now()).toISOString(),
    Text: parsed.text ?? '',
    HTML: typeof parsed.html === 'string' ? parsed.html : '',
    Size: raw.length,
    raw,
  }
}

function addressesOf(given: AddressObject | AddressObject[] | undefined): Address[] {
  if (given === undefined) return []
  const lists = Array.isArray(given) ? given : [given]
  return lists.flatMap(({ value }) =>
    value.map(({ name, address = '' }) => ({ Name: name, Address: address })),
  )
}
