/** POST /otp with a phone number: a code by SMS, for an account that may have to be made first. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  audit,
  authErrors,
  isPhoneConfirmed,
  parsePhone,
  readRows,
  renderUser,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { afterUserCreated } from '#services/auth/hooks'
import { parseChannel, planPhoneCode, textAndWrite } from '#services/auth/messages'
import { nobodysHash } from '#services/auth/password'
import { planNewUser, renderActor } from '#services/auth/sign-up'
import type { Actor } from '#services/auth/sign-up'
import { confirmUser, findUserById, findUserByPhone } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { verificationErrors } from './errors.ts'

export interface PhoneWish {
  readonly data: JsonObject
  readonly mayCreate: boolean
  /** `sms`, `whatsapp`, '' for the first. */
  readonly channel: string
}

/** `{ message_id }`, but for a sign-up that waits for its confirmation, as with GoTrue. */
export async function requestPhoneCode(
  context: AuthContext,
  text: string,
  wish: PhoneWish,
): Promise<HttpResponse> {
  const { config } = context
  if (!config['auth.sms.enable_signup']) throw verificationErrors.phoneProviderUnsupported()
  const phone = parsePhone(text)
  const channel = parseChannel(context, wish.channel)
  const [user] = await readRows<UserRow>(context, findUserByPhone(phone, context.audience))
  const account =
    user === undefined
      ? await createAccount(context, phone, wish)
      : { actor: user, statements: confirmation(context, user) }
  const outgoing = {
    userId: account.actor.id,
    user: user === undefined ? renderActor(account.actor) : renderUser(user),
    phone,
    channel,
    occasion: 'confirmation',
    sentAt: user?.confirmation_sent_at ?? null,
  } as const
  const waits = config['auth.sms.enable_confirmations'] && (!user || !isPhoneConfirmed(user))
  const action = waits ? 'user_confirmation_requested' : 'user_recovery_requested'
  const before = [...account.statements, audit(context, account.actor, action, { channel })]
  const { rows, messageId } = await textAndWrite<UserRow>(context, outgoing, before, (code) => [
    ...planPhoneCode(context, account.actor.id, phone, code),
    findUserById(account.actor.id),
  ])
  if (user === undefined) await afterUserCreated(context, rows[0] as UserRow)
  return jsonResponse(200, messageId === '' || waits ? {} : { message_id: messageId })
}

async function createAccount(
  context: AuthContext,
  phone: string,
  { mayCreate, data }: PhoneWish,
): Promise<{ readonly actor: Actor; readonly statements: readonly Statement[] }> {
  const { config, now } = context
  if (!mayCreate) throw verificationErrors.otpSignupDisabled()
  if (!config['auth.enable_signup']) throw authErrors.signupDisabled()
  const account = { provider: 'phone', address: phone, data, passwordHash: nobodysHash } as const
  const { actor, statements } = await planNewUser(context, account)
  if (config['auth.sms.enable_confirmations']) return { actor, statements }
  return { actor, statements: [...statements, confirmUser(actor.id, 'phone', now)] }
}

/** Where numbers need no confirmation, one that was waiting for it has it now. */
function confirmation({ config, now }: AuthContext, user: UserRow): Statement[] {
  if (config['auth.sms.enable_confirmations'] || isPhoneConfirmed(user)) return []
  return [confirmUser(user.id, 'phone', now)]
}
