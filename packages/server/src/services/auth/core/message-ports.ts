/** The ports through which auth sends mail and SMS, and the queue mails wait in. Adapters: `messages/mail`, `messages/sms`. */
import type { JsonObject, Log } from '#base/kernel'
import type { Project } from '#base/service'

/** GoTrue's `email_action_type`, and the `type` of the link. */
export type MailAction =
  | 'signup'
  | 'invite'
  | 'recovery'
  | 'magiclink'
  | 'email_change'
  | 'reauthentication'
  | `${Notice}_notification`

/** What users are told of, as config.toml names it. */
export type Notice =
  | 'password_changed'
  | 'email_changed'
  | 'phone_changed'
  | 'identity_linked'
  | 'identity_unlinked'
  | 'mfa_factor_enrolled'
  | 'mfa_factor_unenrolled'

export interface NoticeFields {
  readonly oldEmail?: string
  readonly phone?: string
  readonly oldPhone?: string
  readonly provider?: string
  readonly factorType?: string
}

export interface AuthMail {
  readonly action: MailAction
  readonly to: string
  /** The code to type in. */
  readonly code: string
  /** What the link carries. */
  readonly tokenHash: string
  readonly redirectTo: string
  /** The account's own address, its metadata, and the address it will have. */
  readonly email: string
  readonly newEmail: string
  readonly data: JsonObject
  /** Of notifications. */
  readonly notice?: NoticeFields
}

export interface Mailer {
  send(project: Project, mail: AuthMail): Promise<void>
  /**
   * Where mail stays on this machine (the local inbox) answers wait for it, so that tests find it at once; then this is
   * what they wait for when there is none to send: the same work, and no mail. Null where mail leaves behind the answer.
   */
  readonly decoyFor?: (project: Project) => ((action: MailAction) => Promise<void>) | null
  /** Called when no mail is to be sent any more. */
  readonly close?: () => void
}

export interface QueuedMail {
  /** For the log: `recovery`. */
  readonly action: string
  readonly log: Log
  /** Rejects when the server does not take it. */
  readonly deliver: () => Promise<void>
}

export interface MailQueue {
  /** False when there is no room. */
  hasRoom(): boolean
  /** Begins at once when fewer are under way than may be. One that finds no room is dropped, and logged. */
  add(mail: QueuedMail): void
  /** Delivers what waits, without the waits between attempts; gives up after `withinMs`. */
  drain(withinMs: number): Promise<void>
  stats(): MailStats
}

export interface MailStats {
  readonly waiting: number
  readonly sent: number
  /** Given up. */
  readonly failed: number
}

export type SmsProvider = 'twilio' | 'twilio_verify' | 'messagebird' | 'textlocal' | 'vonage'

export type SmsChannel = 'sms' | 'whatsapp'

export interface AuthSms {
  /** E.164 without its plus sign. */
  readonly phone: string
  /** The text, the code in it. */
  readonly message: string
  readonly code: string
  readonly channel: SmsChannel
}

export interface SmsSender {
  /** The provider's id of the message, '' where it has none. @throws Error with the provider's own words */
  send(project: Project, provider: SmsProvider, sms: AuthSms): Promise<string>
  /** For Twilio Verify, which makes up the codes itself. */
  isRight(project: Project, phone: string, code: string): Promise<boolean>
}
