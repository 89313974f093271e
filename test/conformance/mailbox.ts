/** What a test reads of the mails a platform has sent: through Mailpit's API, as applications' tests do. */
import type { TestPlatform } from '@basalt/server/testing'

export interface ReceivedMail {
  readonly subject: string
  readonly text: string
  /** The six digits. */
  readonly code: string
  /** The link, and what it carries. */
  readonly link: string
  readonly tokenHash: string
}

interface Listed {
  readonly messages: readonly { readonly ID: string }[]
}

/** The newest mail to the address. @throws Error when there is none */
export async function latestMail(
  { inboxUrl }: Pick<TestPlatform, 'inboxUrl'>,
  address: string,
): Promise<ReceivedMail> {
  const query = encodeURIComponent(`to:${address}`)
  const found = (await (await fetch(`${inboxUrl}/api/v1/search?query=${query}`)).json()) as Listed
  const id = found.messages[0]?.ID
  if (id === undefined) throw new Error(`there is no mail to ${address}`)
  const mail = (await (await fetch(`${inboxUrl}/api/v1/message/${id}`)).json()) as {
    readonly Subject: string
    readonly Text: string
  }
  const link = /\( (\S+) \)/.exec(mail.Text)?.[1] ?? ''
  return {
    subject: mail.Subject,
    text: mail.Text,
    code: /\b\d{6}\b/.exec(mail.Text.replace(link, ''))?.[0] ?? '',
    link,
    tokenHash: link === '' ? '' : (new URL(link).searchParams.get('token') ?? ''),
  }
}
