/** The code a provider gave, exchanged for tokens and for who the user is. */
import { write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { UnusableProvider } from '#services/auth/external/presets'
import type { UsableProvider } from '#services/auth/external/presets'
import { exchangeCode, tidyUser } from '#services/auth/provider'
import type { ProviderTokens, ProviderUser } from '#services/auth/provider'
import { externalErrors } from './errors.ts'
import { findProvider } from './find-provider.ts'
import { takeClientState } from './flow-statements.ts'
import type { ClientStateRow, ProviderFlowRow } from './flow-statements.ts'

const clientStateExpiryMs = 300_000

export interface ExternalUser {
  readonly user: ProviderUser
  readonly tokens: ProviderTokens
}

/** What the provider did wrong is logged; whoever asks learns only that it did. */
export async function readExternalUser(
  context: AuthContext,
  flow: ProviderFlowRow,
  given: URLSearchParams,
): Promise<ExternalUser> {
  const provider = await findEnabled(context, flow.provider_type)
  const { settings, preset, tools } = provider
  const code = given.get(preset.exchange === undefined ? 'code' : 'oauth_verifier') ?? ''
  if (code === '') throw externalErrors.codeMissing()
  const verifier = await takeVerifier(context, flow, provider)
  const tokens = await failAs(
    (cause) => externalErrors.exchangeFailed({ code: code.slice(0, 4) }, cause),
    async () => {
      if (preset.exchange !== undefined) return preset.exchange(settings, tools, given)
      const endpoints = await preset.locate(settings, tools)
      return exchangeCode({ ...tools, ...provider, endpoints, code, verifier })
    },
  )
  const user = await failAs(
    (cause) => externalErrors.profileFailed(undefined, cause),
    () => readUser(provider, { ...tools, settings, tokens }, given),
  )
  return { user, tokens }
}

async function readUser(
  { preset }: UsableProvider,
  session: Parameters<UsableProvider['preset']['readUser']>[0],
  given: URLSearchParams,
): Promise<ProviderUser> {
  const read = await preset.readUser(session)
  const user = preset.complete?.(read, Object.fromEntries(given)) ?? read
  return tidyUser(user)
}

async function failAs<T>(word: (cause: unknown) => Error, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw word(error)
  }
}

/** It may have been turned off since the browser left. */
async function findEnabled(context: AuthContext, name: string): Promise<UsableProvider> {
  try {
    return await findProvider(context, name)
  } catch (error) {
    if (!(error instanceof UnusableProvider)) throw error
    throw externalErrors.providerGone({ reason: error.message }, error)
  }
}

/** Our side of the provider's PKCE, good for once; null where it has none. */
async function takeVerifier(
  context: AuthContext,
  { oauth_client_state_id: id, provider_type: name }: ProviderFlowRow,
  { preset }: UsableProvider,
): Promise<string | null> {
  if (id === null) {
    if (preset.pkce === true) throw externalErrors.clientStateInvalid()
    return null
  }
  const [state] = await write<ClientStateRow>(context, [takeClientState(id)])
  if (state === undefined) throw externalErrors.clientStateNotFound()
  if (state.provider_type !== name) throw externalErrors.clientStateInvalid()
  if (context.nowMs > state.created_ms + clientStateExpiryMs)
    throw externalErrors.clientStateExpired()
  return state.code_verifier
}
