/** PUT /user: email, phone, password and metadata of the signed-in user. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  audit,
  authErrors,
  hasVerifiedFactor,
  parseCodeChallenge,
  parseEmail,
  parsePhone,
  readParams,
  readRows,
  renderUser,
  requireUser,
} from '#services/auth/core'
import type {
  AuthContext,
  AuthMail,
  CodeChallenge,
  SignedIn,
  SmsChannel,
} from '#services/auth/core'
import {
  mayUseNonce,
  notify,
  parseChannel,
  requireMailRoom,
  textAndWrite,
  writeAndSend,
} from '#services/auth/messages'
import { requireStrongPassword } from '#services/auth/password'
import {
  deleteOneTimeTokens,
  deleteOtherSessions,
  deleteSessionsOfUser,
  findUserById,
  findUserByPhone,
  findUserOfEmail,
  mergeUserMetadata,
  setPassword,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import {
  planEmailChange,
  planPhoneAdoption,
  planPhoneChange,
  toNewPhone,
} from '#services/auth/verification'
import { accountErrors } from './errors.ts'
import { endReauthentication } from './statements.ts'

const shape = {
  email: 'text',
  phone: 'text',
  password: 'optional text',
  current_password: 'text',
  nonce: 'text',
  data: 'object',
  app_metadata: 'object',
  channel: 'text',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

/** What the request changes; null for what it leaves. */
interface Changes {
  readonly email: string | null
  readonly phone: string | null
  readonly password: string | null
  readonly currentPassword: string
  readonly nonce: string
  readonly challenge: CodeChallenge | null
  readonly channel: SmsChannel
}

export async function updateUser(context: AuthContext): Promise<HttpResponse> {
  const signedIn = await requireUser(context)
  const params = await readParams(context.request, shape)
  const { user } = signedIn
  const email = params.email === '' ? null : parseEmail(params.email)
  const phone = params.phone === '' ? null : parsePhone(params.phone)
  if (params.password !== null) await requireStrongPassword(context, params.password)
  if (params.app_metadata !== null) throw accountErrors.appMetadataForbidden()
  const changes: Changes = {
    email: email === user.email ? null : email,
    phone: phone === user.phone ? null : phone,
    password: params.password,
    currentPassword: params.current_password,
    nonce: params.nonce,
    challenge: parseCodeChallenge(params.code_challenge, params.code_challenge_method),
    channel: phone === null ? 'sms' : parseChannel(context, params.channel),
  }
  refuseForbidden(signedIn, changes, email ?? phone)
  if (changes.email !== null) requireMailRoom(context)
  await refuseTaken(context, user, changes)
  const password = await planPassword(context, signedIn, changes)
  const row = await applyChanges(context, signedIn, params.data, changes, password)
  if (password.length > 0) await notify(context, row, 'password_changed')
  if (phone !== null && row.phone === phone && user.phone !== phone)
    await notify(context, row, 'phone_changed', { phone, oldPhone: user.phone ?? '' })
  return jsonResponse(200, renderUser(row))
}

async function applyChanges(
  context: AuthContext,
  { user }: SignedIn,
  data: JsonObject | null,
  changes: Changes,
  password: readonly Statement[],
): Promise<UserRow> {
  const contact = planContact(context, user, changes)
  const own = [
    ...password,
    ...(data === null ? [] : [mergeUserMetadata(user.id, data, context.now)]),
    ...contact.statements,
  ]
  const end = [audit(context, user, 'user_modified'), findUserById(user.id)]
  const phoneToAsk = context.config['auth.sms.enable_confirmations'] ? changes.phone : null
  if (phoneToAsk === null) {
    const [row] = await writeAndSend<UserRow>(context, user.id, [...own, ...end], contact.mails)
    return row as UserRow
  }
  const outgoing = toNewPhone(user, phoneToAsk, changes.channel)
  const { rows } = await textAndWrite<UserRow>(context, outgoing, own, (code) => [
    ...planPhoneChange(context, user, phoneToAsk, code),
    ...end,
  ])
  if (contact.mails.length > 0)
    await writeAndSend(context, user.id, [end[1] as Statement], contact.mails)
  return rows[0] as UserRow
}

/** `contact` is the address given, changed or not. */
function refuseForbidden(
  { user, session }: SignedIn,
  { email, phone, password, nonce }: Changes,
  contact: string | null,
): void {
  const isSensitive = email !== null || phone !== null || password !== null
  if (hasVerifiedFactor(user) && session?.session_aal !== 'aal2' && isSensitive) {
    throw accountErrors.insufficientAal()
  }
  if (user.is_anonymous && password !== null && contact === null) {
    throw accountErrors.anonymousPassword()
  }
  if (user.is_sso_user && (isSensitive || nonce !== '')) throw accountErrors.ssoManaged()
}

async function refuseTaken(
  context: AuthContext,
  user: UserRow,
  { email, phone }: Changes,
): Promise<void> {
  if (email !== null) {
    const taken = await readRows(context, findUserOfEmail(email, context.audience, user.id))
    if (taken.length > 0) throw authErrors.emailExists()
  }
  if (phone !== null) {
    const taken = await readRows(context, findUserByPhone(phone, context.audience))
    if (taken.length > 0) throw authErrors.phoneExists()
  }
}

/** A new password signs out every other session. */
async function planPassword(
  context: AuthContext,
  signedIn: SignedIn,
  { password, currentPassword, nonce }: Changes,
): Promise<Statement[]> {
  if (password === null) return []
  const { user, session } = signedIn
  const { config, hasher, now, nowMs } = context
  const statements: Statement[] = []
  const sessionAgeMs = nowMs - (session?.session_created_ms ?? 0)
  if (config['auth.email.secure_password_change'] && sessionAgeMs > 24 * 3_600_000) {
    if (nonce === '') throw accountErrors.reauthenticationNeeded()
    if (!(await mayUseNonce(context, user, nonce))) throw accountErrors.nonceInvalid()
    statements.push(endReauthentication(user.id, now))
  }
  await requireCurrentPassword(context, signedIn, currentPassword)
  const current = user.encrypted_password ?? ''
  if (current !== '' && (await hasher.verify(current, password))) throw accountErrors.samePassword()
  const sessionId = session?.session_id ?? null
  return [
    ...statements,
    setPassword(user.id, await hasher.hash(password), now),
    deleteOneTimeTokens(user.id),
    sessionId === null ? deleteSessionsOfUser(user.id) : deleteOtherSessions(user.id, sessionId),
    audit(context, user, 'user_updated_password'),
  ]
}

/** Proofs that stand for a password that was forgotten. */
const recoveries: readonly string[] = ['otp', 'magiclink', 'recovery']

/** `basalt.auth.require_current_password`. @throws PlatformError 400 */
async function requireCurrentPassword(
  { config, hasher }: AuthContext,
  { user, session }: SignedIn,
  given: string,
): Promise<void> {
  const current = user.encrypted_password ?? ''
  if (!config['basalt.auth.require_current_password'] || current === '') return
  if (session?.session_amr.some(({ method }) => recoveries.includes(method)) === true) return
  if (given === '') throw accountErrors.currentPasswordRequired()
  if (!(await hasher.verify(current, given))) throw accountErrors.currentPasswordInvalid()
}

function planContact(
  context: AuthContext,
  user: UserRow,
  { email, phone, challenge }: Changes,
): { readonly statements: readonly Statement[]; readonly mails: readonly AuthMail[] } {
  const change =
    email === null
      ? { statements: [], mails: [] }
      : planEmailChange(context, user, email, challenge)
  if (phone === null || context.config['auth.sms.enable_confirmations']) return change
  const adoption = planPhoneAdoption(context, user, phone)
  return { ...change, statements: [...change.statements, ...adoption] }
}
