/** auth: the GoTrue-compatible service at /auth/v1. */
export { auth, createAuth } from './auth-service.ts'
export { createSmtpMailer } from '#auth/mail'
export type { SmtpMailerOptions } from '#auth/mail'
export { createSmsSender } from '#auth/sms'
export { authErrors, createMailQueue } from '#auth/domain'
export type { AuthMail, AuthRuntime, AuthSms, MailQueue, Mailer, SmsSender } from '#auth/domain'
