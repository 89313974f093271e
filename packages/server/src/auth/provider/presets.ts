/** Every provider by its name in `[auth.external.<name>]`, but for Twitter's OAuth 1.0a. */
import type { Preset } from './preset.ts'
import { oauthPresetsFromL } from './presets-oauth-from-l.ts'
import { oauthPresetsToK } from './presets-oauth-to-k.ts'
import { oidcPresets } from './presets-oidc.ts'

export const presets: Readonly<Record<string, Preset>> = {
  ...oidcPresets,
  ...oauthPresetsToK,
  ...oauthPresetsFromL,
}
