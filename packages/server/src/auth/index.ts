/** auth: the GoTrue-compatible service at /auth/v1. */
export { auth, createAuth } from './auth-service.ts'
export { createSmtpMailer } from '#auth/mail'
export type { SmtpMailerOptions } from '#auth/mail'
export { authErrors, createMailQueue } from '#auth/domain'
export type { MailQueue } from '#auth/domain'
export type { AuthMail, AuthRuntime, Mailer } from '#auth/domain'
export { createOutgoing } from '#auth/provider'
export type { Outgoing, OutgoingOptions } from '#auth/provider'
