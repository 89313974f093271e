/** What differs between providers: where they are, what is asked of them, how their users read. */
import type { Clock, JsonObject } from '#base/kernel'
import type { Discovery, Outgoing } from '#services/auth/outside'
import type { ProviderUser } from './provider-user.ts'

/** A provider as `[auth.external.<name>]`, or the table of custom providers, sets it up. */
export interface ProviderSettings {
  readonly name: string
  /** The first is ours; tokens for the others count as well. */
  readonly clientIds: readonly string[]
  readonly clientSecret: string
  readonly redirectUri: string
  /** The provider's own URL without trailing slashes; '' for its usual one. */
  readonly url: string
  readonly skipNonceCheck: boolean
  readonly emailOptional: boolean
}

/** What providers are reached with. */
export interface ProviderTools {
  readonly outgoing: Outgoing
  readonly discover: Discovery
  readonly clock: Clock
}

export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  /** Where the provider wants it otherwise than its preset has it. */
  readonly clientAuth?: 'basic' | 'post'
}

export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly idToken: string
  /** The token endpoint's whole answer. */
  readonly raw: unknown
}

/** A sign-in that has its tokens: what a user is read with. */
export interface ProviderSession extends ProviderTools {
  readonly settings: ProviderSettings
  readonly tokens: ProviderTokens
}

export interface Preset {
  /** Always asked for; a caller's `scopes` come on top unless the provider has none. */
  readonly scopes: readonly string[]
  readonly ignoresScopes?: boolean
  /** Asked for where the caller names none, and whatever the caller names. */
  readonly defaultScopes?: readonly string[]
  readonly requiredScopes?: readonly string[]
  /** How the client proves itself at the token endpoint. */
  readonly clientAuth: 'basic' | 'post'
  /** The provider wants PKCE of us. */
  readonly pkce?: boolean
  /** Fixed parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>
  /** A caller's further parameters are not passed on. */
  readonly ignoresParameters?: boolean
  readonly locate: (
    settings: ProviderSettings,
    tools: ProviderTools,
  ) => ProviderEndpoints | Promise<ProviderEndpoints>
  /** In place of the code flow: where to send the browser, and what it brought back is worth. @throws ProviderFailure */
  readonly begin?: (
    settings: ProviderSettings,
    tools: ProviderTools,
    state: string,
  ) => Promise<string>
  readonly exchange?: (
    settings: ProviderSettings,
    tools: ProviderTools,
    given: URLSearchParams,
  ) => Promise<ProviderTokens>
  /** @throws ProviderFailure */
  readonly readUser: (session: ProviderSession) => Promise<ProviderUser>
  /** Completes the user with what came along with the code (Apple: the name, the first time only). */
  readonly complete?: (user: ProviderUser, callback: JsonObject) => ProviderUser
}

/** `hostOr(settings, 'github.com')` → the URL of the settings, or `https://github.com` */
export function hostOr({ url }: ProviderSettings, host: string): string {
  return url === '' ? `https://${host}` : url
}
