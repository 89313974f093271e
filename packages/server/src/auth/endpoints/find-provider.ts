/** A provider ready for use: of the configuration, or one an administrator set up at run time. */
import type { JsonObject } from '#kernel'
import { readRows } from '#auth/domain'
import type { AuthContext } from '#auth/domain'
import { UnusableProvider, createCustomPreset, findSettings, presets } from '#auth/provider'
import type { CustomProvider, UsableProvider } from '#auth/provider'
import { findCustomProvider } from '#auth/sql'
import type { CustomProviderRow } from '#auth/sql'

/** `<URL of Auth>/callback` */
export function callbackUrl({ config, project }: AuthContext): string {
  const base = config['auth.external_url'] ?? `${project.externalUrl}/auth/v1`
  return `${base.replace(/\/+$/, '')}/callback`
}

export function isCustom(name: string): boolean {
  return name.startsWith('custom:')
}

/** @throws UnusableProvider */
export async function findProvider(context: AuthContext, name: string): Promise<UsableProvider> {
  const { outgoing, discover, project } = context
  if (isCustom(name)) return openCustom(context, name)
  const settings = findSettings(context.config, name, callbackUrl(context))
  const preset = presets[name]
  if (preset === undefined) throw new UnusableProvider(`Provider ${name} could not be found`)
  return { settings, preset, tools: { outgoing, discover, clock: project.clock } }
}

async function openCustom(context: AuthContext, name: string): Promise<UsableProvider> {
  const [row] = await readRows<CustomProviderRow>(context, findCustomProvider(name))
  if (row === undefined) throw new UnusableProvider(`custom provider ${name} not found`)
  if (!row.enabled) throw new UnusableProvider(`custom provider ${name} is disabled`)
  return {
    settings: {
      name,
      clientIds: [row.client_id, ...row.acceptable_client_ids],
      clientSecret: row.client_secret,
      redirectUri: callbackUrl(context),
      url: '',
      skipNonceCheck: row.skip_nonce_check,
      emailOptional: row.email_optional,
    },
    preset: createCustomPreset(readCustom(row)),
    tools: { ...context.publicly, clock: context.project.clock },
  }
}

export function readCustom(row: CustomProviderRow): CustomProvider {
  return {
    scopes: row.scopes,
    pkce: row.pkce_enabled,
    parameters: textsOf(row.authorization_params),
    attributeMapping: row.attribute_mapping,
    keptClaims: row.custom_claims_allowlist,
    source:
      row.provider_type === 'oidc'
        ? { kind: 'oidc', issuer: row.issuer ?? '', documentUrl: row.discovery_url }
        : {
            kind: 'oauth2',
            authorizationUrl: row.authorization_url ?? '',
            tokenUrl: row.token_url ?? '',
            userinfoUrl: row.userinfo_url ?? '',
          },
  }
}

function textsOf(members: JsonObject): Record<string, string> {
  const texts = Object.entries(members).filter((member) => typeof member[1] === 'string')
  return Object.fromEntries(texts) as Record<string, string>
}
