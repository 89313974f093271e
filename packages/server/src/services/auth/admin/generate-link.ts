/** POST /admin/generate_link: what a mail would say, for administrators who send their own. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Statement } from '#base/sql'
import {
  authErrors,
  confirmationUrl,
  isConfirmed,
  newId,
  parseEmail,
  readParams,
  readRows,
  renderUser,
  requireAdmin,
  write,
} from '#services/auth/core'
import type { AuthContext, AuthMail, Params } from '#services/auth/core'
import { resolveRedirect } from '#services/auth/redirect'
import { afterUserCreated } from '#services/auth/hooks'
import { hashCode, newCode, planToken } from '#services/auth/messages'
import { requireStrongPassword } from '#services/auth/password'
import { planNewUser } from '#services/auth/sign-up'
import {
  findUserById,
  findUserOfEmail,
  mergeUserMetadata,
  setEmailChange,
  upsertOneTimeToken,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { adminErrors } from './errors.ts'

const shape = {
  type: 'text',
  email: 'text',
  new_email: 'text',
  password: 'text',
  data: 'object',
  redirect_to: 'text',
} as const

const types = [
  'signup',
  'invite',
  'magiclink',
  'recovery',
  'email_change_current',
  'email_change_new',
] as const
type LinkType = (typeof types)[number]

interface PlannedLink {
  readonly userId: string
  readonly mail: Pick<AuthMail, 'action' | 'code' | 'tokenHash' | 'redirectTo'>
  readonly statements: readonly Statement[]
  /** The account is made along with the link. */
  readonly isNew?: boolean
}

export async function generateLink(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const params = await readParams(context.request, shape)
  const type = types.find((known) => known === params.type)
  const address = parseEmail(params.email)
  if (type === undefined) {
    throw authErrors.invalid({
      message: `Invalid email action link type requested: ${params.type}`,
    })
  }
  const [user] = await readRows<UserRow>(context, findUserOfEmail(address, context.audience, null))
  const { userId, mail, statements, isNew } = await plan(
    context,
    type,
    { ...params, address },
    user,
  )
  const [row] = await write<UserRow>(context, [...statements, findUserById(userId)])
  if (isNew === true) await afterUserCreated(context, row as UserRow)
  return jsonResponse(200, {
    ...renderUser(row as UserRow),
    action_link: confirmationUrl(context.project, mail),
    email_otp: mail.code,
    hashed_token: mail.tokenHash,
    verification_type: type.startsWith('email_change') ? type : mail.action,
    redirect_to: mail.redirectTo,
  })
}

type LinkParams = Params<typeof shape> & { readonly address: string }

async function plan(
  context: AuthContext,
  type: LinkType,
  params: LinkParams,
  user: UserRow | undefined,
): Promise<PlannedLink> {
  if (type === 'email_change_current' || type === 'email_change_new') {
    if (user === undefined) throw adminErrors.emailUnknown()
    return planChange(context, type, params, user)
  }
  const { address, redirect_to: redirectTo } = params
  if (user === undefined) {
    if (type === 'recovery') throw adminErrors.emailUnknown()
    return planForNew(context, type === 'magiclink' ? 'signup' : type, params)
  }
  const isForNew = type === 'signup' || type === 'invite'
  if (isForNew && isConfirmed(user)) throw authErrors.emailExists()
  const data = params.data ?? user.raw_user_meta_data ?? {}
  const recipient = { userId: user.id, address, challenge: null, data, redirectTo }
  const planned = planToken(context, type, recipient)
  const merge =
    type === 'signup' && params.data !== null
      ? [mergeUserMetadata(user.id, params.data, context.now)]
      : []
  return { userId: user.id, mail: planned.mail, statements: [...merge, ...planned.statements] }
}

/** A magic link for an unknown address is a sign-up; only a real sign-up needs a password. */
async function planForNew(
  context: AuthContext,
  action: 'signup' | 'invite',
  params: LinkParams,
): Promise<PlannedLink> {
  const { address, password } = params
  const data = params.data ?? {}
  if (password === '' && params.type === 'signup') {
    throw authErrors.invalid({ message: 'Signup requires a valid password' })
  }
  if (password !== '') await requireStrongPassword(context, password)
  const passwordHash = password === '' ? null : await context.hasher.hash(password)
  const account = await planNewUser(context, {
    provider: 'email',
    address,
    data,
    passwordHash,
    byAdministrator: true,
  })
  const userId = account.actor.id
  const redirectTo = params.redirect_to
  const recipient = { userId, address, challenge: null, data, redirectTo }
  const planned = planToken(context, action, recipient)
  const statements = [...account.statements, ...planned.statements]
  return { userId, mail: planned.mail, statements, isNew: true }
}

async function planChange(
  context: AuthContext,
  type: 'email_change_current' | 'email_change_new',
  params: LinkParams,
  user: UserRow,
): Promise<PlannedLink> {
  const { config, project, now } = context
  if (type === 'email_change_current' && !config['auth.email.double_confirm_changes']) {
    throw authErrors.invalid({
      message: 'Enable secure email change to generate link for current email',
    })
  }
  const newEmail = parseEmail(params.new_email)
  const taken = await readRows(context, findUserOfEmail(newEmail, context.audience, user.id))
  if (taken.length > 0) throw authErrors.emailExists()
  const isCurrent = type === 'email_change_current'
  const code = newCode(project.random, config['auth.email.otp_length'])
  const relatesTo = isCurrent ? params.address : newEmail
  const hash = hashCode(relatesTo, code)
  const hashes = { current: isCurrent ? hash : '', new: isCurrent ? '' : hash }
  const token = { id: newId(context), userId: user.id, hash, relatesTo }
  const redirectTo = resolveRedirect(context, params.redirect_to)
  return {
    userId: user.id,
    mail: { action: 'email_change', code, tokenHash: hash, redirectTo },
    statements: [
      setEmailChange(user.id, newEmail, hashes, now),
      upsertOneTimeToken(
        { ...token, type: isCurrent ? 'email_change_token_current' : 'email_change_token_new' },
        now,
      ),
    ],
  }
}
