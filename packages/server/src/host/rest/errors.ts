/** Errors of serving the data API alone: who may ask without an API key in front. */
import { defineErrors } from '#base/kernel'

export const restErrors = defineErrors({
  /** A token came, and nothing to verify it with is configured. */
  PGRST300: { status: 500, message: 'Server lacks JWT secret' },
  /** No token, and no role for requests without one. */
  PGRST302: { status: 401, message: 'Anonymous access is disabled' },
})
