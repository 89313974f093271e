/** Runs a hook of `[auth.hook]`, wherever it is, and reads what it answers. */
import { DatabaseError, decodeRows } from '#base/db'
import type { Result, Transaction } from '#base/db'
import { PlatformError, isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { begin, HookRefusal, newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { callHookUrl } from './call-hook-url.ts'
import { hookErrors } from './errors.ts'
import { withoutSecrets } from './hook-target.ts'
import type { HookName, HookTarget } from './hook-target.ts'
import { callHook, liftHookTime, limitHookTime } from './statements.ts'

/** What hooks are called in their own payload. */
const wireNames: Readonly<Record<HookName, string>> = {
  custom_access_token: 'customize-access-token',
  send_email: 'send-email',
  send_sms: 'send-sms',
  mfa_verification_attempt: 'mfa-verification',
  password_verification_attempt: 'password-verification',
  before_user_created: 'before-user-created',
  after_user_created: 'after-user-created',
}

const functionTimeMs = 2_000

/**
 * What the hook answered; null when it answered nothing. A function runs in `transaction`, or in one of its own.
 * @throws PlatformError with the status and the words of a hook that refuses, 422 or 500 when it cannot be used
 */
export async function runHook(
  context: AuthContext,
  name: HookName,
  target: HookTarget,
  input: JsonObject,
  transaction: Transaction | null = null,
): Promise<JsonObject | null> {
  const payload = { metadata: metadataOf(context, name), ...input }
  const uri = withoutSecrets(target.uri)
  try {
    const output = await call(context, target, JSON.stringify(payload), transaction)
    return read(output)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.scope.log.warn('a hook did not go through', { hook: name, uri, reason })
    if (error instanceof PlatformError) throw error
    throw hookErrors.hookFailed({ uri }, error)
  }
}

function metadataOf(context: AuthContext, name: HookName): JsonObject {
  const { now, ipAddress } = context
  const address = ipAddress === null ? {} : { ip_address: ipAddress }
  return { uuid: newId(context), time: now, name: wireNames[name], ...address }
}

async function call(
  context: AuthContext,
  target: HookTarget,
  payload: string,
  transaction: Transaction | null,
): Promise<unknown> {
  if (target.kind === 'url') {
    const text = await callHookUrl(context, target, payload)
    return text === null ? null : parse(text)
  }
  if (target.kind === 'unknown') throw new Error('only Postgres functions and URLs can be hooks')
  const run = (open: Transaction): Promise<unknown> => callFunction(open, target, payload)
  return transaction === null ? begin(context, [], run) : run(transaction)
}

async function callFunction(
  transaction: Transaction,
  { uri, schema, name }: Extract<HookTarget, { kind: 'function' }>,
  payload: string,
): Promise<unknown> {
  try {
    const results = await transaction.run(
      limitHookTime(functionTimeMs),
      callHook(schema, name, payload),
      liftHookTime(),
    )
    const output = decodeRows<{ output: unknown }>(results[1] as Result)[0]?.output ?? null
    // a function that returns nothing, or JSON as text
    if (typeof output !== 'string') return output
    return output === '' ? null : parse(output)
  } catch (error) {
    // what the function raised is told, as far as formatError tells it
    if (error instanceof DatabaseError) throw hookErrors.hookFailed({ uri }, error)
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw hookErrors.hookOutputInvalid(undefined, error)
  }
}

/** `{ error: { http_code: 403, message } }` refuses; one without a message does not, as with GoTrue. */
function read(output: unknown): JsonObject | null {
  if (output === null) return null
  if (!isJsonObject(output)) throw hookErrors.hookOutputInvalid()
  const { error } = output
  if (!isJsonObject(error)) return output
  const { message, http_code: code } = error
  if (typeof message !== 'string' || message === '') return output
  throw new HookRefusal(typeof code === 'number' ? code : 500, message)
}
