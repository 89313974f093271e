/** Sign-up, sign-in, sessions: the auth a small app needs, in its own database. */
import { DocstoreError, failure } from '#kernel'
import { defineStore, type StoreDefinition } from '#document'
import type { Docstore, Stores, Transaction } from '#database'
import type { PasswordHasher } from './password-hasher.ts'

/** As the store has it; `password` is an Argon2id hash. */
export interface UserDocument {
  id: string
  /** Lower case. */
  email: string
  password: string
  /** ISO 8601. */
  created_at: string
  role: string
  data: Record<string, unknown>
}

export type User = Omit<UserDocument, 'password'>

export interface SessionDocument {
  /** SHA-256 of the token: who reads the files cannot sign in. */
  token: string
  user_id: string
  /** ISO 8601. */
  expires_at: string
}

export interface Session {
  /** 256 random bits, base64url: shown once. */
  token: string
  user_id: string
  expires_at: string
}

export interface AuthKitOptions {
  hasher: PasswordHasher
  /** How long a session lasts, in milliseconds; a week by default. */
  sessionTtlMs?: number
  /** 8 by default. */
  minPasswordLength?: number
  users?: string
  sessions?: string
}

const week = 7 * 24 * 3_600_000
// longer ones cost time to hash and protect no more
const maxPasswordLength = 256
const emailPattern = /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/

export class AuthKit {
  /** For `applySchemas`, along with the app's own stores. Handles of callers cannot reach them. */
  readonly schemas: readonly StoreDefinition<never>[]
  readonly #users: StoreDefinition<UserDocument>
  readonly #sessions: StoreDefinition<SessionDocument>
  readonly #db: Docstore
  readonly #options: AuthKitOptions
  #decoy: Promise<string> | undefined

  constructor(db: Docstore, options: AuthKitOptions) {
    this.#db = db
    this.#options = options
    this.#users = defineStore<UserDocument>(options.users ?? 'users', { key: 'id' }).index(
      'by_email',
      ['email'],
      { unique: true },
    )
    this.#sessions = defineStore<SessionDocument>(options.sessions ?? 'sessions', {
      key: 'token',
    }).index('by_user', ['user_id'])
    this.schemas = [this.#users, this.#sessions] as unknown as StoreDefinition<never>[]
  }

  /** User and session are written together or not at all. Throws `email_taken`, `weak_password`, `invalid_email`. */
  async signUp(credentials: {
    email: string
    password: string
    data?: Record<string, unknown>
    role?: string
  }): Promise<{ user: User; session: Session }> {
    const email = this.#checkEmail(credentials.email)
    this.#checkPassword(credentials.password)
    const password = await this.#options.hasher.hash(credentials.password)
    const user: UserDocument = {
      id: globalThis.crypto.randomUUID(),
      email,
      password,
      created_at: new Date(this.#now()).toISOString(),
      role: credentials.role ?? 'authenticated',
      data: credentials.data ?? {},
    }
    try {
      const session = await this.#db.run([this.#users.name, this.#sessions.name], async (tx) => {
        await tx.add(this.#users, user)
        return this.#createSession(tx, user.id)
      })
      return { user: withoutPassword(user), session }
    } catch (error) {
      if (error instanceof DocstoreError && error.code === 'unique_violation')
        throw failure('email_taken', {}, error)
      throw error
    }
  }

  /** Throws `invalid_credentials`, after the same work whether the address is known or not. */
  async signIn(credentials: {
    email: string
    password: string
  }): Promise<{ user: User; session: Session }> {
    const [user] = await this.#db.getByIndex(this.#users, 'by_email', normalize(credentials.email))
    const password = String(credentials.password).slice(0, maxPasswordLength + 1)
    const matches = await this.#options.hasher.verify(
      user?.password ?? (await this.#decoyHash()),
      password,
    )
    if (user === undefined || !matches) throw failure('invalid_credentials', {})
    const session = await this.#db.run([this.#sessions.name], (tx) =>
      this.#createSession(tx, user.id),
    )
    return { user: withoutPassword(user), session }
  }

  /** The user and the caller for `db.as`, or undefined: unknown, expired, signed out. Asks for the expiry every time. */
  async validateSession(
    token: string,
  ): Promise<
    { user: User; caller: { sub: string; role: string }; expires_at: string } | undefined
  > {
    if (typeof token !== 'string' || token === '') return undefined
    const session = await this.#db.get(this.#sessions, await digest(token))
    if (session === undefined || Date.parse(session.expires_at) <= this.#now()) return undefined
    const user = await this.#db.get(this.#users, session.user_id)
    if (user === undefined) return undefined
    return {
      user: withoutPassword(user),
      caller: { sub: user.id, role: user.role },
      expires_at: session.expires_at,
    }
  }

  /** True when there was such a session. */
  async signOut(token: string): Promise<boolean> {
    return this.#db.delete(this.#sessions, await digest(token))
  }

  /** Ends all sessions of a user; gives how many. */
  async signOutEverywhere(userId: string): Promise<number> {
    return this.#db.run([this.#sessions.name], async (tx) => {
      const sessions = await tx.getByIndex(this.#sessions, 'by_user', userId)
      for (const { token } of sessions) await tx.delete(this.#sessions, token)
      return sessions.length
    })
  }

  async findUserByEmail(email: string): Promise<User | undefined> {
    const [user] = await this.#db.getByIndex(this.#users, 'by_email', normalize(email))
    return user === undefined ? undefined : withoutPassword(user)
  }

  #now(): number {
    return this.#db.internals.now()
  }

  async #createSession(tx: Transaction<Stores>, userId: string): Promise<Session> {
    const token = newToken()
    const expiresAt = this.#now() + (this.#options.sessionTtlMs ?? week)
    const expires_at = new Date(expiresAt).toISOString()
    await tx.put(
      this.#sessions,
      { token: await digest(token), user_id: userId, expires_at },
      { expiresAt },
    )
    return { token, user_id: userId, expires_at }
  }

  #checkEmail(email: string): string {
    const normal = normalize(email)
    if (normal.length > 254 || !emailPattern.test(normal)) throw failure('invalid_email', {})
    return normal
  }

  #checkPassword(password: unknown): void {
    const minLength = this.#options.minPasswordLength ?? 8
    if (
      typeof password === 'string' &&
      password.length >= minLength &&
      password.length <= maxPasswordLength
    )
      return
    throw failure('weak_password', { minLength, maxLength: maxPasswordLength })
  }

  /** Verified against when there is no such user, so that the answer takes as long. */
  #decoyHash(): Promise<string> {
    this.#decoy ??= this.#options.hasher.hash(newToken())
    return this.#decoy
  }
}

const normalize = (email: unknown): string => String(email).trim().toLowerCase()

function withoutPassword({ id, email, created_at, role, data }: UserDocument): User {
  return { id, email, created_at, role, data }
}

function newToken(): string {
  return base64Url(globalThis.crypto.getRandomValues(new Uint8Array(32)))
}

async function digest(token: string): Promise<string> {
  return base64Url(
    new Uint8Array(
      await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)),
    ),
  )
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
