/** inbox: mail caught on this machine: an SMTP server, Mailpit's API and a page to read it. */
export { discardAddress } from './receive-mail.ts'
export { openInbox } from './open-inbox.ts'
export type { Inbox, InboxOptions } from './open-inbox.ts'
