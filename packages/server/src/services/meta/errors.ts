/** Errors of `/pg`. */
import { defineErrors } from '#base/kernel'

export const metaErrors = defineErrors({
  invalid_token: { status: 401, message: (p: { message: string }) => p.message },
  service_key_required: { status: 403, message: 'Only the service key may ask for this' },
  route_not_found: {
    status: 404,
    message: (p: { path: string }) => `/pg has nothing at ${p.path}`,
  },
  method_not_allowed: { status: 405, message: 'This method is not served here' },
})
