/** Errors of `/admin/v1`. */
import { defineErrors } from '#base/kernel'

export const adminErrors = defineErrors({
  admin_origin_refused: {
    status: 403,
    message: (p: { origin: string }) => `Pages of ${p.origin.slice(0, 200)} may not use /admin/v1`,
    hint: 'Name the origin in basalt.admin_origins.',
  },
  admin_key_file: {
    status: 403,
    message: 'auth.signing_keys_path is set from the machine itself, or in config.toml',
  },
  admin_default_keys: {
    status: 403,
    message:
      'The default keys are known to everybody: from another machine they do not open /admin/v1',
    hint: 'Set auth.jwt_secret, or use the operator token.',
  },
  admin_token_invalid: { status: 401, message: (p: { message: string }) => p.message },
  admin_not_allowed: {
    status: 403,
    message: "Only the project's service key or an operator token may do this",
  },
  admin_operator_only: {
    status: 401,
    message: "/v1 takes the operator's token alone",
    hint: 'Set basalt.operator_token, and give the Supabase CLI the same as SUPABASE_ACCESS_TOKEN.',
  },
  admin_route_not_found: {
    status: 404,
    message: (p: { path: string }) => `There is nothing at ${p.path}`,
  },
  admin_project_not_found: {
    status: 404,
    message: (p: { ref: string }) => `There is no project ${p.ref} here`,
  },
  admin_method_not_allowed: { status: 405, message: 'This method is not served here' },
  admin_body_invalid: {
    status: 400,
    message: 'The body must be a JSON object of options, as in config.toml',
  },
  config_invalid: {
    status: 400,
    message: (p: { count: number }) =>
      `The configuration was not changed: ${p.count === 1 ? 'there is a problem' : `there are ${p.count} problems`} with it`,
  },
})
