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

const told = new WeakSet<Error>()

/** What lasts is told of in the log when it begins: requests that fail for it meanwhile do not tell it again. */
export function markTold(error: Error): void {
  told.add(error)
}

/** Whether `error` is beneath what was marked. */
export function isTold(error: unknown): boolean {
  return error instanceof Error && told.has(error)
}

type Text<P> = string | ((params: P) => string)

/** One row of an error table. A text is fixed or made from the parameters given where the error is thrown. */
export interface ErrorRow<P> {
  /** The wire code, where it is not the row's key (one code may stand for several situations). */
  readonly code?: string
  readonly status: number
  readonly message: Text<P>
  readonly details?: Text<P>
  readonly hint?: Text<P>
}

/** One line of the list of errors, for the documentation. */
export interface ErrorDescription {
  readonly code: string
  readonly status: number
  /** With `{name}` where a parameter is placed. */
  readonly message: string
  readonly hint: string | null
}

const described = new WeakMap<object, readonly ErrorDescription[]>()

/** What a table of `defineErrors` contains. */
export function describeErrors(table: object): readonly ErrorDescription[] {
  return described.get(table) ?? []
}

/** Stands for any parameters: `p.rows` reads as `{rows}`. */
const placeholders = new Proxy({}, { get: (_, name) => `{${String(name)}}` }) as never

function describe(key: string, row: ErrorRow<never>): ErrorDescription {
  const text = (source: Text<never> | undefined): string | null => {
    if (source === undefined || typeof source === 'string') return source ?? null
    try {
      return source(placeholders)
    } catch {
      // a text made of more than single values
      return '…'
    }
  }
  const { code = key, status, message, hint } = row
  return { code, status, message: text(message) ?? '', hint: text(hint) }
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
  const entries = Object.entries(table).map(([key, row]) => {
    const text = (source: Text<never> | undefined, params: unknown): string | null => {
      if (source === undefined) return null
      return typeof source === 'string' ? source : source(params as never)
    }
    const create = (params: unknown, cause?: unknown): PlatformError =>
      new PlatformError({
        code: row.code ?? key,
        status: row.status,
        message: text(row.message, params) ?? '',
        details: text(row.details, params),
        hint: text(row.hint, params),
        cause,
      })
    return [key, create]
  })
  const errors = Object.fromEntries(entries) as ErrorTable<T>
  described.set(
    errors,
    Object.entries(table).map(([key, row]) => describe(key, row)),
  )
  return errors
}
