/** A provider ready for use: of the configuration, or one an administrator set up at run time. */
import type { JsonObject } from '#base/kernel'
import { createSealer } from '#base/token'
import type { Sealer } from '#base/token'
import { readRows } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { findSettings, presets, UnusableProvider } from '#services/auth/external/presets'
import type { UsableProvider } from '#services/auth/external/presets'
import { createCustomPreset } from '#services/auth/provider'
import type { CustomProvider } from '#services/auth/provider'
import { findCustomProvider } from './custom-provider-statements.ts'
import type { CustomProviderRow } from './custom-provider-statements.ts'

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
      clientSecret: openSecret(context, row),
      redirectUri: callbackUrl(context),
      url: '',
      skipNonceCheck: row.skip_nonce_check,
      emailOptional: row.email_optional,
    },
    preset: createCustomPreset(readCustom(row)),
    tools: { ...context.publicly, clock: context.project.clock },
  }
}

const label = (id: string): string => `auth.custom_oauth_providers ${id}`
const sealPrefix = 'v1:'

function sealerOf({ config }: AuthContext): Sealer {
  return createSealer(
    config['basalt.encryption_key'] ?? config['auth.jwt_secret'],
    config['basalt.previous_encryption_key'],
  )
}

/** A client secret as it lies in the table. */
export function sealSecret(context: AuthContext, id: string, secret: string): string {
  return sealerOf(context).seal(secret, label(id))
}

/** Secrets of a database that came from elsewhere may lie there as they are. @throws UnusableProvider */
function openSecret(
  context: AuthContext,
  { id, client_secret: stored }: CustomProviderRow,
): string {
  const secret = sealerOf(context).open(stored, label(id))
  if (secret !== null) return secret
  if (!stored.startsWith(sealPrefix)) return stored
  throw new UnusableProvider('client secret was sealed with another key')
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
