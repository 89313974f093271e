/** Errors in OAuth's own form: 400 `{ error, error_description }`, whatever version of the API the client speaks. */
import { PlatformError } from '#kernel'

export class OauthError extends PlatformError {
  constructor(error: string, description: string, cause?: unknown, status = 400) {
    super({ code: error, status, message: description, cause })
  }
}
