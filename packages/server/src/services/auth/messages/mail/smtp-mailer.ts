/** Mail by SMTP: through `[auth.email.smtp]`, or into the inbox of a local project. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SendMailOptions } from 'nodemailer'
import type { Project } from '#base/service'
import { confirmationUrl } from '#services/auth/core'
import type { AuthMail, MailAction, Mailer, Notice } from '#services/auth/core'
import { silentMailer } from '#services/auth/messages'
import { defaultTemplates } from './default-templates.ts'
import type { Template, TemplateName } from './default-templates.ts'
import { noticeTemplates } from './notice-templates.ts'
import { escapeHtml, renderTemplate, toPlainText } from './render-template.ts'
import { createConnections } from './smtp-connections.ts'
import type { SmtpServer } from './smtp-connections.ts'

export interface LocalInbox {
  readonly host: string
  readonly port: number
  /** Mail for it is received and forgotten. */
  readonly discardAddress: string
}

export interface SmtpMailerOptions {
  /** Where mail goes without `[auth.email.smtp]`: the local inbox. Null sends nothing then. */
  readonly inbox: LocalInbox | null
  /** What `content_path` of a template is relative to. */
  readonly workdir: string
}

const templateOf: Partial<Readonly<Record<MailAction, TemplateName>>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic_link',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
}

/** A mail that cannot be delivered rejects. A template that cannot be used gives way to the default, with a warning. */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer {
  const connections = createConnections()
  async function send(project: Project, mail: AuthMail): Promise<void> {
    const server = serverOf(project, options)
    if (server === null) return silentMailer.send(project, mail)
    const message = await compose(project, mail, options)
    const transport = await connections.to(server.transport)
    await transport.sendMail({ ...message, from: server.from })
  }
  return {
    send,
    close: () => connections.close(),
    decoyFor: (project) => {
      const { inbox } = options
      if (inbox === null || project.config['auth.email.smtp.enabled']) return null
      return (action) => send(project, decoyOf(action, inbox.discardAddress))
    },
  }
}

function decoyOf(action: MailAction, address: string): AuthMail {
  const tokenHash = '0'.repeat(56)
  const code = '000000'
  return {
    action,
    to: address,
    code,
    tokenHash,
    redirectTo: '',
    email: address,
    newEmail: '',
    data: {},
  }
}

interface Server {
  readonly transport: SmtpServer
  readonly from: { readonly name: string; readonly address: string }
}

function serverOf({ config }: Project, { inbox }: SmtpMailerOptions): Server | null {
  if (config['auth.email.smtp.enabled']) {
    const port = config['auth.email.smtp.port']
    const user = config['auth.email.smtp.user']
    return {
      transport: {
        host: config['auth.email.smtp.host'],
        port,
        secure: port === 465,
        ...(user === '' ? {} : { auth: { user, pass: config['auth.email.smtp.pass'] } }),
      },
      from: {
        name: config['auth.email.smtp.sender_name'],
        address: config['auth.email.smtp.admin_email'],
      },
    }
  }
  if (inbox === null) return null
  return {
    transport: { host: inbox.host, port: inbox.port, secure: false, ignoreTLS: true },
    from: { name: config['inbucket.sender_name'], address: config['inbucket.admin_email'] },
  }
}

async function compose(
  project: Project,
  mail: AuthMail,
  { workdir }: SmtpMailerOptions,
): Promise<SendMailOptions> {
  const { notice = {} } = mail
  const variables = {
    SiteURL: project.config['auth.site_url'],
    ConfirmationURL: confirmationUrl(project, mail),
    Email: mail.email,
    NewEmail: mail.newEmail,
    SendingTo: mail.to,
    Token: mail.code,
    TokenHash: mail.tokenHash,
    RedirectTo: mail.redirectTo,
    Data: mail.data,
    OldEmail: notice.oldEmail ?? '',
    Phone: notice.phone ?? '',
    OldPhone: notice.oldPhone ?? '',
    Provider: notice.provider ?? '',
    FactorType: notice.factorType ?? '',
  }
  const render = ({ subject, content }: Template): { subject: string; html: string } => ({
    // a subject is one line, whatever a user's metadata holds
    subject: renderTemplate(subject, variables, (text) => text).replaceAll(/\s+/g, ' '),
    html: renderTemplate(content, variables, escapeHtml),
  })
  const { fallback, own } = templatesOf(project, mail.action)
  let rendered
  try {
    rendered = render(await readTemplate(own, fallback, workdir))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    project.log.warn('a mail template cannot be used', { template: mail.action, reason })
    rendered = render(fallback)
  }
  return { to: { name: '', address: mail.to }, ...rendered, text: toPlainText(rendered.html) }
}

interface OwnTemplate {
  readonly subject: string | null
  readonly content: string | null
  readonly content_path: string | null
}

/** The project's text of a mail, and the one for when it has none or one that cannot be used. */
function templatesOf(
  { config }: Project,
  action: MailAction,
): { readonly own: OwnTemplate | undefined; readonly fallback: Template } {
  const name = templateOf[action]
  if (name !== undefined) {
    return { own: config['auth.email.template'][name], fallback: defaultTemplates[name] }
  }
  const notice = action.replace(/_notification$/, '') as Notice
  return { own: config['auth.email.notification'][notice], fallback: noticeTemplates[notice] }
}

async function readTemplate(
  own: OwnTemplate | undefined,
  fallback: Template,
  workdir: string,
): Promise<Template> {
  if (own === undefined) return fallback
  const path = own.content_path
  return {
    subject: own.subject ?? fallback.subject,
    content:
      own.content ??
      (path === null ? fallback.content : await readFile(resolve(workdir, path), 'utf8')),
  }
}
