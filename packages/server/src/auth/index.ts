/** auth: the GoTrue-compatible service at /auth/v1. */
export { auth, createAuth } from './auth-service.ts'
export { createSmtpMailer } from '#auth/mail'
export type { SmtpMailerOptions } from '#auth/mail'
export { createSmsSender } from '#auth/sms'
export { authErrors, createMailQueue } from '#auth/domain'
export type { MailQueue } from '#auth/domain'
export type { AuthMail, AuthRuntime, AuthSms, Mailer, SmsSender } from '#auth/domain'
