/** auth/messages/mail: mails rendered from templates and sent by SMTP. */
export { createSmtpMailer } from './smtp-mailer.ts'
export type { SmtpMailerOptions } from './smtp-mailer.ts'
export { mailTemplates, previewTemplate, templateVariables } from './preview-template.ts'
