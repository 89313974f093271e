/** Errors as closed tables: every error a caller can meet is a row keyed by its wire code. */

/** An error with a wire code and an HTTP status; `message`, `details` and `hint` may be sent to the caller, `cause` never. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError'
  readonly code: string
  readonly status: number
  readonly details: string | null
  readonly hint: string | null
  /** Extra response headers, lower-case (for example `www-authenticate`). */
  readonly headers: Readonly<Record<string, string>>

  constructor(init: PlatformErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.status = init.status
    this.details = init.details ?? null
    this.hint = init.hint ?? null
    this.headers = init.headers ?? {}
  }
}

export interface PlatformErrorInit {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly details?: string | null
  readonly hint?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

type Text<P> = string | ((params: P) => string)

/** One row of an error table. A text is fixed or made from the parameters given where the error is thrown. */
export interface ErrorRow<P> {
  readonly status: number
  readonly message: Text<P>
  readonly details?: Text<P>
  readonly hint?: Text<P>
}

type Params<R> = R extends { message: (params: infer P) => string }
  ? P
  : R extends { details: (params: infer P) => string }
    ? P
    : R extends { hint: (params: infer P) => string }
      ? P
      : void

/** The throwable face of a table: `throw errors.PGRST116({ rows: 2 })`. */
export type ErrorTable<T> = {
  readonly [K in keyof T]: (params: Params<T[K]>, cause?: unknown) => PlatformError
}

/**
 * Turns a table of rows into constructors of `PlatformError`.
 * `defineErrors({ X1: { status: 404, message: (p: { name: string }) => `no ${p.name}` } }).X1({ name: 'cat' }).message` → `'no cat'`
 */
export function defineErrors<const T extends Record<string, ErrorRow<never>>>(
  table: T,
): ErrorTable<T> {
  const entries = Object.entries(table).map(([code, row]) => {
    const text = (source: Text<never> | undefined, params: unknown): string | null => {
      if (source === undefined) return null
      return typeof source === 'string' ? source : source(params as never)
    }
    const create = (params: unknown, cause?: unknown): PlatformError =>
      new PlatformError({
        code,
        status: row.status,
        message: text(row.message, params) ?? '',
        details: text(row.details, params),
        hint: text(row.hint, params),
        cause,
      })
    return [code, create]
  })
  return Object.fromEntries(entries) as ErrorTable<T>
}
