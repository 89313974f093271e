/** The errors a caller can meet: one table, one class, one form on the wire. */

interface ErrorKind {
  readonly status: number
  readonly message: string
  readonly suggestions: readonly string[]
}

const kinds = {
  invalid_request: {
    status: 400,
    message: 'The request is not as described.',
    suggestions: ['GET /api/v1/openapi.json describes each request.'],
  },
  invalid_pattern: {
    status: 400,
    message: 'The pattern is not a valid one.',
    suggestions: ['Regular expressions are those of PostgreSQL.', 'Escape special characters.'],
  },
  invalid_repository_url: {
    status: 400,
    message: 'Repositories are not taken from this URL.',
    suggestions: ['Use https://host/owner/name.git or ssh://git@host/owner/name.git.'],
  },
  unauthorized: {
    status: 401,
    message: 'An API key or the token of a user is needed.',
    suggestions: ['Send X-API-Key, or Authorization: Bearer.'],
  },
  invalid_api_key: {
    status: 401,
    message: 'The API key is unknown, expired or deleted.',
    suggestions: ['Make a new key.'],
  },
  invalid_signature: {
    status: 401,
    message: 'X-Hub-Signature-256 is not that of this repository.',
    suggestions: ['Compare the secret of the webhook; a lost one is replaced by rotating it.'],
  },
  permission_denied: {
    status: 403,
    message: 'The key has no permission for this.',
    suggestions: ['Use a key with this permission.'],
  },
  address_not_allowed: {
    status: 403,
    message: 'The key is not to be used from this address.',
    suggestions: ['allowed_ips of the key names its ranges.'],
  },
  not_found: {
    status: 404,
    message: 'There is no such thing of yours.',
    suggestions: ['Compare path and id; what belongs to others is not shown.'],
  },
  method_not_allowed: { status: 405, message: 'The path has no such method.', suggestions: [] },
  conflict: { status: 409, message: 'It is there already.', suggestions: [] },
  payload_too_large: { status: 413, message: 'The body is too large.', suggestions: [] },
  search_too_expensive: {
    status: 422,
    message: 'The search took too long and was ended.',
    suggestions: ['Use a pattern with three or more fixed characters.', 'Name a repository.'],
  },
  rate_limited: {
    status: 429,
    message: 'The key has made as many requests as it may in a minute.',
    suggestions: ['Wait as long as Retry-After says.'],
  },
  quota_exceeded: {
    status: 429,
    message: 'The key has used up its quota of this month.',
    suggestions: ['Wait for the next month, or raise monthly_quota.'],
  },
  internal: { status: 500, message: 'Something went wrong here.', suggestions: [] },
  unavailable: {
    status: 503,
    message: 'The database or the project cannot be reached.',
    suggestions: ['Try again shortly.'],
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorType = keyof typeof kinds
export const errorTypes = Object.keys(kinds) as readonly ErrorType[]

interface ErrorOptions {
  /** In place of the kind's own words. */
  readonly message?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly suggestions?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** What a caller is told: `error_type`, `message`, `details`, `suggestions`. */
export class CodeError extends Error {
  override readonly name = 'CodeError'
  readonly type: ErrorType
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>
  readonly suggestions: readonly string[]
  readonly headers: Readonly<Record<string, string>>

  constructor(type: ErrorType, options: ErrorOptions = {}) {
    super(options.message ?? kinds[type].message, { cause: options.cause })
    this.type = type
    this.status = kinds[type].status
    this.details = options.details ?? {}
    this.suggestions = options.suggestions ?? kinds[type].suggestions
    this.headers = options.headers ?? {}
  }

  toJSON(): Record<string, unknown> {
    return {
      error_type: this.type,
      message: this.message,
      details: this.details,
      suggestions: this.suggestions,
    }
  }
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
