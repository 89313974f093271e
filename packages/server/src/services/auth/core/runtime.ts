/** What auth is given besides the project: hashing, mail, SMS, limits, the way out. Each a port; its room, or a test, brings it. */
import type { Discovery, Outgoing, Outside } from '#services/auth/outside'
import type { Mailer, MailQueue, SmsSender } from './message-ports.ts'

/** Shared by all projects of the process: hashing is bounded by its CPU, not by a project. */
export interface AuthRuntime {
  readonly hasher: PasswordHasher
  readonly mailer: Mailer
  readonly mailQueue: MailQueue
  readonly sms: SmsSender
  /** Of requests, of messages, of guesses; in this process only. */
  readonly attempts: AttemptLimit
  /** How long refreshes of one session wait for each other before one is refused. */
  readonly refreshWaitMs: number
  /** HTTP to providers. */
  readonly outgoing: Outgoing
  /** What OpenID issuers publish, remembered. */
  readonly discover: Discovery
  /** The same for providers that were set up at run time: the public internet only. */
  readonly publicly: { readonly outgoing: Outgoing; readonly discover: Discovery }
  /** How long other people's servers may take, and where they are: for tests, not for users. */
  readonly outside: Outside
}

export interface PasswordHasher {
  /** An Argon2id hash in PHC form. */
  hash(password: string): Promise<string>
  /** False for a wrong password, and for a hash of a kind we do not know. A null hash costs as much time and is false. */
  verify(hash: string | null, password: string): Promise<boolean>
  /** True when a verified password should be hashed anew. */
  isOutdated(hash: string): boolean
  /** Ends the threads it has. */
  close(): Promise<void>
}

export interface Allowance {
  /** At once; 0 allows none at all. */
  readonly burst: number
  /** How many come back in `windowMs`; default as many as `burst`. */
  readonly perWindow?: number
  readonly windowMs: number
}

export interface AttemptLimit {
  /** @throws PlatformError 429 with `retry-after` when the attempts of `key` are used up */
  take(key: string, allowance: Allowance, nowMs: number): void
  /** Takes one when there is one. Milliseconds until there is, 0 when it was taken. */
  tryTake(key: string, allowance: Allowance, nowMs: number): number
  /** Milliseconds until there is one, 0 when there is; takes none. */
  waitOf(key: string, allowance: Allowance, nowMs: number): number
  /** The attempts of `key` count from the beginning again. */
  forget(key: string): void
}
