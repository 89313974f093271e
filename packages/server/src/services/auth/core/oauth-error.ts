/**
 * Errors in OAuth's own form: 400 `{ error, error_description }`, whatever version of the API the client speaks.
 * Those with a code of GoTrue's have its members besides.
 */
import { PlatformError } from '#base/kernel'

export class OauthError extends PlatformError {
  /** OAuth's name of it: `invalid_grant`. */
  readonly error: string
  readonly authCode: string | null

  constructor(error: string, description: string, cause?: unknown, known?: PlatformError) {
    const { status = 400, headers = {} } = known ?? {}
    super({ code: known?.code ?? error, status, message: description, headers, cause })
    this.error = error
    this.authCode = known?.code ?? null
  }
}
