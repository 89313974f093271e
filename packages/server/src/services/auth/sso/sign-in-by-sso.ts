/** POST /sso: to the identity provider of an organisation, named by its id or by the domain of its addresses. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  authErrors,
  isUuid,
  newId,
  parseCodeChallenge,
  readParams,
  readRows,
  write,
} from '#services/auth/core'
import type { AuthContext, CodeChallenge } from '#services/auth/core'
import { deleteOldFlows } from '#services/auth/sql'
import { SamlProblem, signInUrl } from '#services/auth/sso/saml'
import { ssoErrors } from './errors.ts'
import { identityProviderOf, ownProvider, requireSaml } from './saml-metadata.ts'
import {
  findSsoProvider,
  findSsoProvidersByDomain,
  insertRelayState,
  insertSsoFlow,
} from './statements.ts'
import type { SsoProviderRow } from './statements.ts'
import { redirectTo } from '#services/auth/redirect'

const shape = {
  provider_id: 'text',
  domain: 'text',
  redirect_to: 'text',
  skip_http_redirect: 'boolean',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

export async function signInBySso(context: AuthContext): Promise<HttpResponse> {
  requireSaml(context)
  const params = await readParams(context.request, shape)
  const provider = await findProvider(context, params.provider_id, params.domain)
  if (provider.disabled === true) throw ssoErrors.ssoProviderDisabled()
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  const url = await begin(context, provider, params.redirect_to, challenge)
  if (params.skip_http_redirect === true) return jsonResponse(200, { url })
  return redirectTo(303, url)
}

async function findProvider(
  context: AuthContext,
  id: string,
  domain: string,
): Promise<SsoProviderRow> {
  const invalid = (message: string) => authErrors.invalid({ message })
  if (id !== '' && domain !== '') throw invalid('Only one of provider_id or domain supported')
  if (id === '' && domain === '') throw invalid('A provider_id or domain needs to be provided')
  if (id !== '' && !isUuid(id)) {
    throw authErrors.badJson({ reason: 'member "provider_id" must be a UUID' })
  }
  const statement = id === '' ? findSsoProvidersByDomain([domain]) : findSsoProvider(id)
  const [row] = await readRows<SsoProviderRow>(context, statement)
  if (row !== undefined) return row
  throw id === '' ? ssoErrors.ssoDomainUnknown() : ssoErrors.ssoProviderUnknown()
}

/** Remembers the request; where the browser is sent in the end is checked when it comes back. */
async function begin(
  context: AuthContext,
  provider: SsoProviderRow,
  redirectTo: string,
  challenge: CodeChallenge | null,
): Promise<string> {
  const { now } = context
  const idp = await identityProviderOf(context, provider)
  const relayState = newId(context)
  const requestId = `id-${newId(context)}`
  const flowId = challenge === null ? null : newId(context)
  let url: string
  try {
    const nameIdFormat = provider.name_id_format
    url = await signInUrl(ownProvider(context), idp, { requestId, relayState, nameIdFormat })
  } catch (error) {
    if (!(error instanceof SamlProblem)) throw error
    throw ssoErrors.samlRequestFailed(undefined, error)
  }
  const flow =
    challenge === null || flowId === null
      ? []
      : [
          deleteOldFlows(now),
          insertSsoFlow(
            { id: flowId, authCode: newId(context), referrer: redirectTo, ...challenge },
            now,
          ),
        ]
  const state = { id: relayState, providerId: provider.id, requestId, redirectTo, flowId }
  await write(context, [...flow, insertRelayState(state, now)])
  return url
}
