/** Errors of `/admin/v1`. */
import { defineErrors } from '#base/kernel'

export const adminErrors = defineErrors({
  admin_token_invalid: { status: 401, message: (p: { message: string }) => p.message },
  admin_not_allowed: {
    status: 403,
    message: "Only the project's service key or an operator token may do this",
  },
  admin_route_not_found: {
    status: 404,
    message: (p: { path: string }) => `/admin/v1 has nothing at ${p.path}`,
  },
  admin_project_not_found: {
    status: 404,
    message: (p: { ref: string }) => `There is no project ${p.ref} here`,
  },
  admin_method_not_allowed: { status: 405, message: 'This method is not served here' },
  admin_body_invalid: { status: 400, message: 'The body must be a JSON object' },
  config_invalid: {
    status: 400,
    message: (p: { count: number }) =>
      `The configuration was not changed: ${p.count === 1 ? 'there is a problem' : `there are ${p.count} problems`} with it`,
  },
})
