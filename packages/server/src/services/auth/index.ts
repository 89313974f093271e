/** auth: the GoTrue-compatible service at /auth/v1. */
export { auth, createAuth } from './auth-service.ts'
export { sweepAuth } from './sweep-auth.ts'
export { authErrorTables } from './error-tables.ts'
export type {
  AuthMail,
  AuthRuntime,
  AuthSms,
  MailQueue,
  Mailer,
  SmsSender,
} from '#services/auth/core'
export { createMailQueue } from '#services/auth/messages'
export { createSmtpMailer } from '#services/auth/messages/mail'
export type { SmtpMailerOptions } from '#services/auth/messages/mail'
export { createOutgoing } from '#services/auth/outside'
export type { Outgoing, OutgoingOptions } from '#services/auth/outside'
export { mailTemplates, previewTemplate, templateVariables } from '#services/auth/messages/mail'
