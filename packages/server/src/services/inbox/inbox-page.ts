/** The page of the inbox: a list, and a mail. No script. */
import type { Address, Mail } from './mailbox.ts'

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}
td:first-child{white-space:nowrap}td:nth-child(2){overflow-wrap:anywhere}
iframe{width:100%;height:24rem;border:1px solid #ddd;background:#fff}pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}`

export function renderList(mails: readonly Mail[]): string {
  const rows = mails.map(
    (mail) =>
      `<tr><td>${escape(moment(mail))}</td><td>${escape(people(mail.To))}</td>` +
      `<td><a href="/view/${escape(mail.ID)}">${escape(mail.Subject || '(no subject)')}</a></td></tr>`,
  )
  const table = `<table><tr><th>Received</th><th>To</th><th>Subject</th></tr>${rows.join('')}</table>`
  return layout('Inbox', mails.length === 0 ? '<p>No mail yet.</p>' : table)
}

export function renderMail(mail: Mail): string {
  const head = `<p><a href="/">Inbox</a></p><p>From ${escape(people([mail.From]))}<br>To ${escape(people(mail.To))}<br>${escape(moment(mail))}</p>`
  const html =
    mail.HTML === ''
      ? ''
      : `<iframe sandbox="allow-popups allow-top-navigation-by-user-activation" srcdoc="${escape(`<base target="_top">${mail.HTML}`)}"></iframe>`
  return layout(mail.Subject, `${head}${html}<pre>${escape(mail.Text)}</pre>`)
}

/** `2026-01-01 12:00:00`, UTC as in logs. */
function moment({ Created }: Mail): string {
  return Created.slice(0, 19).replace('T', ' ')
}

function people(list: readonly Address[]): string {
  return list
    .map(({ Name, Address: address }) => (Name === '' ? address : `${Name} <${address}>`))
    .join(', ')
}

function layout(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style><h1>${escape(title)}</h1>${body}</html>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
