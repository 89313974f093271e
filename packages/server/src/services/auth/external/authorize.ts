/** GET /authorize, GET /user/identities/authorize: off to a provider, with a state to come back with. */
import { randomBytes } from 'node:crypto'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Statement } from '#base/sql'
import {
  authErrors,
  newId,
  parseCodeChallenge,
  readRows,
  requireUser,
  write,
} from '#services/auth/core'
import type { AuthContext, CodeChallenge } from '#services/auth/core'
import { redirectTo, resolveRedirect } from '#services/auth/redirect'
import { UnusableProvider } from '#services/auth/external/presets'
import type { UsableProvider } from '#services/auth/external/presets'
import { pickInvite } from '#services/auth/linking'
import { ProviderFailure } from '#services/auth/outside'
import { authorizationUrl, reservedParameters } from '#services/auth/provider'
import { deleteOldFlows, findToken } from '#services/auth/sql'
import type { TokenRow } from '#services/auth/sql'
import { externalErrors } from './errors.ts'
import { findProvider } from './find-provider.ts'
import { deleteOldClientStates, insertClientState, insertProviderFlow } from './flow-statements.ts'

export async function authorize(context: AuthContext): Promise<HttpResponse> {
  return redirectTo(302, await beginFlow(context, null))
}

/** The same for who is signed in already: the identity will be added. */
export async function authorizeLinking(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  if (!context.config['auth.enable_manual_linking']) throw authErrors.linkingDisabled()
  const url = await beginFlow(context, user.id)
  // what answers a request made by script cannot be a page
  return context.query.get('skip_http_redirect') === 'true'
    ? jsonResponse(200, { url })
    : redirectTo(302, url)
}

/** Where to send the browser. @throws PlatformError 400 for providers that cannot be used */
async function beginFlow(context: AuthContext, linkingTargetId: string | null): Promise<string> {
  const { query } = context
  const name = (query.get('provider') ?? '').toLowerCase()
  const provider = await usable(context, name, () => findProvider(context, name))
  const inviteToken = query.get('invite_token') ?? ''
  if (inviteToken !== '') await requireInvite(context, inviteToken)
  const challenge = parseCodeChallenge(
    query.get('code_challenge') ?? '',
    query.get('code_challenge_method') ?? '',
  )
  const flow = planFlow(context, provider, { challenge, inviteToken, linkingTargetId })
  const url = await usable(context, name, () => locate(context, provider, flow))
  await write(context, flow.statements)
  return url
}

async function locate(
  context: AuthContext,
  provider: UsableProvider,
  { state, verifier }: PlannedFlow,
): Promise<string> {
  const { query } = context
  const { settings, preset, tools } = provider
  if (preset.begin !== undefined) return preset.begin(settings, tools, state)
  const endpoints = await preset.locate(settings, tools)
  const scopes = query.get('scopes') ?? ''
  const parameters = passedOn(query)
  return authorizationUrl({ ...provider, endpoints, state, verifier, scopes, parameters })
}

/** What is wrong with the provider's own answers goes to the log. */
async function usable<T>(context: AuthContext, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnusableProvider) {
      throw externalErrors.unsupportedProvider({ reason: error.message }, error)
    }
    const reason = error instanceof Error ? error.message : String(error)
    context.project.log.warn('a provider cannot be used', { provider: name, reason })
    if (!(error instanceof ProviderFailure) && !(error instanceof TypeError)) throw error
    throw externalErrors.unsupportedProvider({ reason: 'the provider could not be reached' }, error)
  }
}

async function requireInvite(context: AuthContext, token: string): Promise<void> {
  const [row] = await readRows<TokenRow>(context, findToken([token], ['confirmation_token']))
  if (pickInvite(context, row) === null) throw externalErrors.inviteeNotFound()
}

interface FlowRequest {
  readonly challenge: CodeChallenge | null
  readonly inviteToken: string
  readonly linkingTargetId: string | null
}

interface PlannedFlow {
  readonly state: string
  readonly verifier: string | null
  readonly statements: readonly Statement[]
}

function planFlow(
  context: AuthContext,
  { settings, preset }: UsableProvider,
  { challenge, inviteToken, linkingTargetId }: FlowRequest,
): PlannedFlow {
  const { now } = context
  const state = newId(context)
  const verifier = preset.pkce === true ? randomBytes(32).toString('base64url') : null
  const clientStateId = verifier === null ? null : newId(context)
  const flow = {
    id: state,
    providerType: settings.name,
    challenge: challenge === null ? null : { ...challenge, authCode: newId(context) },
    referrer: resolveRedirect(context),
    inviteToken,
    clientStateId,
    linkingTargetId,
    emailOptional: settings.emailOptional,
  }
  const remember =
    verifier === null || clientStateId === null
      ? []
      : [insertClientState(clientStateId, settings.name, verifier, now)]
  const statements = [
    deleteOldFlows(now),
    deleteOldClientStates(now),
    ...remember,
    insertProviderFlow(flow, now),
  ]
  return { state, verifier, statements }
}

/** Ours, and nobody else's business. */
const own = new Set(['provider', 'scopes', 'apikey', 'invite_token', 'skip_http_redirect'])

/** Parameters of the caller for the provider: `prompt`, `login_hint`, `hd`, … */
function passedOn(query: URLSearchParams): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of query) {
    const isOurs = own.has(name.toLowerCase()) || reservedParameters.has(name.toLowerCase())
    if (isOurs || Object.hasOwn(passed, name)) continue
    passed[name === 'workos_provider' ? 'provider' : name] = value
  }
  return passed
}
