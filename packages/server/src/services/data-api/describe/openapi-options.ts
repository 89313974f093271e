/** How the root describes itself. */

export interface OpenApiOptions {
  readonly mode: 'follow-privileges' | 'ignore-privileges' | 'disabled'
  /** The document asks for a token. */
  readonly security: boolean
  /** Where clients reach the API; null takes the project's URL. */
  readonly proxyUri: string | null
  /** `/rest/v1`, or `/` when served alone. */
  readonly basePath: string
}
