/** The mails caught so far, newest first, and what of them a search finds. */

export interface Address {
  readonly Name: string
  readonly Address: string
}

/** Names and shapes are those of Mailpit's API, which test code reads. */
export interface Mail {
  readonly ID: string
  readonly MessageID: string
  readonly From: Address
  readonly To: readonly Address[]
  readonly Cc: readonly Address[]
  readonly Bcc: readonly Address[]
  readonly ReplyTo: readonly Address[]
  readonly Subject: string
  /** When it arrived, RFC 3339. */
  readonly Created: string
  readonly Text: string
  readonly HTML: string
  readonly Size: number
  readonly raw: Uint8Array
}

export interface Mailbox {
  add(mail: Mail): void
  list(): readonly Mail[]
  /** By id, or `latest`. */
  find(id: string): Mail | null
  remove(isGone: (mail: Mail) => boolean): void
}

/** More are not kept: the oldest go. */
const maxMails = 500

export function createMailbox(): Mailbox {
  let mails: readonly Mail[] = []
  return {
    add: (mail) => void (mails = [mail, ...mails].slice(0, maxMails)),
    list: () => mails,
    find: (id) => (id === 'latest' ? mails[0] : mails.find((mail) => mail.ID === id)) ?? null,
    remove: (isGone) => void (mails = mails.filter((mail) => !isGone(mail))),
  }
}

/** `to:ann@x.co subject:"sign up" code`: every term must be found; without a field in subject, addresses and text. */
export function searchMails(mails: readonly Mail[], query: string): readonly Mail[] {
  const terms = [...query.matchAll(/(?:(\w+):)?(?:"([^"]*)"|(\S+))/g)].map(
    ([, field = '', quoted, bare]) => ({ field, text: (quoted ?? bare ?? '').toLowerCase() }),
  )
  return mails.filter((mail) => terms.every(({ field, text }) => contains(mail, field, text)))
}

function contains(mail: Mail, field: string, text: string): boolean {
  const addresses = (list: readonly Address[]): string =>
    list.map(({ Name, Address: address }) => `${Name} ${address}`).join(' ')
  const places: Readonly<Record<string, string>> = {
    to: addresses(mail.To),
    from: addresses([mail.From]),
    cc: addresses(mail.Cc),
    bcc: addresses(mail.Bcc),
    subject: mail.Subject,
  }
  const place = places[field.toLowerCase()] ?? `${Object.values(places).join(' ')} ${mail.Text}`
  return place.toLowerCase().includes(text)
}
