/** A provider out of the configuration: found by name, refused in GoTrue's words where it cannot be used. */
import type { Config } from '#base/config'
import type { Preset, ProviderSettings, ProviderTools } from '#services/auth/provider'
import { presets } from './presets.ts'

/** Why a provider cannot be used; completes "Unsupported provider: ". */
export class UnusableProvider extends Error {
  override readonly name = 'UnusableProvider'
}

export interface UsableProvider {
  readonly settings: ProviderSettings
  readonly preset: Preset
  /** What it is reached with. */
  readonly tools: ProviderTools
}

/** `callback` is where providers return to unless `redirect_uri` says otherwise. @throws UnusableProvider */
export function findSettings(config: Config, name: string, callback: string): ProviderSettings {
  if (!Object.hasOwn(presets, name))
    throw new UnusableProvider(`Provider ${name} could not be found`)
  const settings = readSettings(config, name, callback)
  if (settings === null) throw new UnusableProvider('provider is not enabled')
  if (settings.clientIds.length === 0) throw new UnusableProvider('missing OAuth client ID')
  if (settings.clientSecret === '') throw new UnusableProvider('missing OAuth secret')
  if (name === 'keycloak' && settings.url === '') {
    throw new UnusableProvider('unable to find URL for the Keycloak provider')
  }
  return settings
}

/** Null where the provider is off. */
export function readSettings(
  config: Config,
  name: string,
  callback: string,
): ProviderSettings | null {
  const tables = config['auth.external']
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table === undefined || table.enabled !== true) return null
  const ids = (table.client_id ?? '').split(',').map((id) => id.trim())
  return {
    name,
    clientIds: ids.filter((id) => id !== ''),
    clientSecret: table.secret ?? '',
    redirectUri: table.redirect_uri || callback,
    url: (table.url ?? '').replace(/\/+$/, ''),
    skipNonceCheck: table.skip_nonce_check === true,
    emailOptional: table.email_optional === true,
  }
}
