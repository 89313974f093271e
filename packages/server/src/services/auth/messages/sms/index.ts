/** auth/messages/sms: SMS through the providers of `[auth.sms.*]`. */
export { createSmsSender } from './create-sms-sender.ts'
