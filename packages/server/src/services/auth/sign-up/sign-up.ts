/** POST /signup: with email or phone and a password; with neither, anonymously. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  audit,
  authErrors,
  causedBy,
  isConfirmed,
  isPhoneConfirmed,
  newId,
  parseCodeChallenge,
  parseEmail,
  parsePhone,
  readParams,
  readRows,
  renderUser,
  write,
} from '#services/auth/core'
import type { AuthContext, CodeChallenge, Params, SmsChannel } from '#services/auth/core'
import { afterUserCreated } from '#services/auth/hooks'
import { evenly, takeAllowance } from '#services/auth/limits'
import {
  askSilently,
  parseChannel,
  planPhoneCode,
  planToken,
  postMail,
  refuseTooSoon,
  requireMailRoom,
  textAndWrite,
  writeAndSend,
} from '#services/auth/messages'
import { requireStrongPassword } from '#services/auth/password'
import { planSession, sessionResponse, writeSignIn } from '#services/auth/session'
import {
  confirmUser,
  deleteOneTimeTokens,
  findUserById,
  findUserByPhone,
  findUserOfEmail,
  refreshProviders,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { signUpErrors } from './errors.ts'
import { planIdentity, planNewUser, renderActor } from './plan-new-user.ts'
import type { Actor } from './plan-new-user.ts'
import { signUpAnonymously } from './sign-up-anonymously.ts'

const shape = {
  email: 'text',
  phone: 'text',
  password: 'text',
  data: 'object',
  channel: 'text',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

/** A sign-up whose parameters are in order. */
interface SignUp {
  readonly provider: 'email' | 'phone'
  /** The email, lower-cased, or the phone number. */
  readonly address: string
  readonly data: JsonObject
  readonly passwordHash: string
  readonly challenge: CodeChallenge | null
  /** No message has to be answered before the user may sign in. */
  readonly autoconfirm: boolean
  readonly channel: SmsChannel
}

export async function signUp(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  if (params.email === '' && params.phone === '') return signUpAnonymously(context, params.data)
  takeAllowance(context, 'signup')
  if (!context.config['auth.enable_signup']) throw authErrors.signupDisabled()
  const request = await checkParams(context, params)
  if (request.autoconfirm) return signUpWith(context, request)
  if (request.provider === 'email') requireMailRoom(context)
  return evenly(() => signUpWith(context, request))
}

async function signUpWith(context: AuthContext, request: SignUp): Promise<HttpResponse> {
  const existing = await findExisting(context, request)
  if (existing !== null) return signUpAgain(context, request, existing)
  try {
    return await register(context, request)
  } catch (error) {
    // somebody else took the address a moment ago
    if (causedBy(error, '23505')?.table !== 'users') throw error
    const winner = await findExisting(context, request)
    if (winner === null) throw error
    return signUpAgain(context, request, winner)
  }
}

async function checkParams(context: AuthContext, params: Params<typeof shape>): Promise<SignUp> {
  const { config } = context
  if (params.password === '') throw invalid('Signup requires a valid password')
  await requireStrongPassword(context, params.password)
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided on signup.')
  }
  const provider = params.email === '' ? 'phone' : 'email'
  const channel = provider === 'phone' ? parseChannel(context, params.channel) : 'sms'
  if (provider === 'phone') checkPhoneParams(params)
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  const address = provider === 'email' ? emailOf(context, params) : phoneOf(context, params)
  // hashed whether or not the address is known already, so that both take the same time
  const passwordHash = await context.hasher.hash(params.password)
  const autoconfirm = !config[`auth.${provider === 'email' ? 'email' : 'sms'}.enable_confirmations`]
  const data = params.data ?? {}
  return { provider, address, data, passwordHash, challenge, autoconfirm, channel }
}

const invalid = (message: string) => authErrors.invalid({ message })

function checkPhoneParams(params: Params<typeof shape>): void {
  if (params.code_challenge !== '') throw invalid('PKCE not supported for phone signups')
}

function emailOf({ config }: AuthContext, params: Params<typeof shape>): string {
  if (!config['auth.email.enable_signup']) throw signUpErrors.emailSignupDisabled()
  return parseEmail(params.email)
}

function phoneOf({ config }: AuthContext, params: Params<typeof shape>): string {
  if (!config['auth.sms.enable_signup']) throw signUpErrors.phoneSignupDisabled()
  return parsePhone(params.phone)
}

async function findExisting(
  context: AuthContext,
  { provider, address }: SignUp,
): Promise<UserRow | null> {
  const statement =
    provider === 'email'
      ? findUserOfEmail(address, context.audience, null)
      : findUserByPhone(address, context.audience)
  const [user] = await readRows<UserRow>(context, statement)
  return user ?? null
}

async function register(context: AuthContext, request: SignUp): Promise<HttpResponse> {
  const { actor, statements } = await planNewUser(context, request)
  return finish(context, request, actor, statements, true)
}

/** One transaction: a trigger that fails undoes all of it. */
async function finish(
  context: AuthContext,
  request: SignUp,
  actor: Actor,
  statements: readonly Statement[],
  isNew: boolean,
): Promise<HttpResponse> {
  return request.autoconfirm
    ? signIn(context, request, actor, statements, isNew)
    : askForConfirmation(context, request, actor, statements, isNew)
}

async function signIn(
  context: AuthContext,
  { provider }: SignUp,
  actor: Actor,
  statements: readonly Statement[],
  isNew: boolean,
): Promise<HttpResponse> {
  const session = planSession(context, actor.id, 'password')
  const written = await writeSignIn(context, actor.id, session, [
    ...statements,
    audit(context, actor, 'user_signedup', { provider }),
    confirmUser(actor.id, provider, context.now),
    deleteOneTimeTokens(actor.id),
    audit(context, actor, 'login', { provider }),
  ])
  if (isNew) await afterUserCreated(context, written.user)
  return sessionResponse(context, written.user, written.session)
}

async function askForConfirmation(
  context: AuthContext,
  request: SignUp,
  actor: Actor,
  statements: readonly Statement[],
  isNew: boolean,
): Promise<HttpResponse> {
  const requested = audit(context, actor, 'user_confirmation_requested', {
    provider: request.provider,
  })
  const ask = request.provider === 'phone' ? askByText : askByMail
  const user = await ask(context, request, actor, [...statements, requested])
  if (isNew) await afterUserCreated(context, user)
  // whoever asks has not proved to be the one who was invited
  const shown =
    user.invited_at === null ? user : { ...user, raw_user_meta_data: {}, identities: [] }
  return jsonResponse(200, renderUser(shown))
}

async function askByMail(
  context: AuthContext,
  { address, challenge }: SignUp,
  actor: Actor,
  statements: readonly Statement[],
): Promise<UserRow> {
  const data = actor.raw_user_meta_data ?? {}
  const planned = planToken(context, 'signup', { userId: actor.id, address, challenge, data })
  const all = [...statements, ...planned.statements, findUserById(actor.id)]
  const [row] = await writeAndSend<UserRow>(context, actor.id, all, [planned.mail], postMail)
  return row as UserRow
}

async function askByText(
  context: AuthContext,
  { address, channel }: SignUp,
  actor: Actor,
  statements: readonly Statement[],
): Promise<UserRow> {
  const outgoing = {
    userId: actor.id,
    user: renderActor(actor),
    phone: address,
    channel,
    occasion: 'confirmation',
    sentAt: 'confirmation_sent_at' in actor ? (actor as UserRow).confirmation_sent_at : null,
  } as const
  const { rows } = await textAndWrite<UserRow>(context, outgoing, statements, (code) => [
    ...planPhoneCode(context, actor.id, address, code),
    findUserById(actor.id),
  ])
  return rows[0] as UserRow
}

/** An address that is taken: its account is not touched, and unless addresses need no confirmation nothing tells that it is. */
async function signUpAgain(
  context: AuthContext,
  request: SignUp,
  user: UserRow,
): Promise<HttpResponse> {
  const { provider, autoconfirm } = request
  const confirmed = provider === 'email' ? isConfirmed(user) : isPhoneConfirmed(user)
  if (confirmed) {
    if (!autoconfirm) await askSilently(context, 'signup', request.address)
    await write(context, [audit(context, user, 'user_repeated_signup', { provider })])
    if (autoconfirm) throw signUpErrors.userExists()
    return jsonResponse(200, renderUser(disguise(context, request, user)))
  }
  if (!autoconfirm && provider === 'email') {
    const interval = context.config['auth.email.max_frequency']
    refuseTooSoon(user.confirmation_sent_at, interval, context.nowMs)
  }
  const known = user.identities.some((identity) => identity['provider'] === provider)
  const statements = known
    ? []
    : [
        ...planIdentity(context, request, user.id, user.email),
        refreshProviders(user.id, context.now),
      ]
  return finish(context, request, user, statements, false)
}

/** What a new user would look like. */
function disguise(context: AuthContext, request: SignUp, user: UserRow): UserRow {
  const { provider, address, data } = request
  const now = context.now.replace('T', ' ').replace('Z', '+00')
  return {
    ...user,
    id: newId(context),
    aud: context.audience,
    role: '',
    email: provider === 'email' ? address : '',
    phone: provider === 'phone' ? address : '',
    email_change: '',
    email_confirmed_at: null,
    phone_confirmed_at: null,
    confirmed_at: null,
    last_sign_in_at: null,
    email_change_sent_at: null,
    phone_change: '',
    phone_change_sent_at: null,
    recovery_sent_at: null,
    reauthentication_sent_at: null,
    invited_at: null,
    banned_until: null,
    factors: [],
    identities: [],
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: data,
    confirmation_sent_at: now,
    created_at: now,
    updated_at: now,
  }
}
