/** auth/sms: SMS through the providers of `[auth.sms.*]`. */
export { createSmsSender, providerUrls } from './create-sms-sender.ts'
export type { SmsUrls } from './create-sms-sender.ts'
