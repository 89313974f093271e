/** What can be wrong with a request to the control plane. */
import { defineErrors } from '#base/kernel'

export const apiErrors = defineErrors({
  control_route_not_found: {
    status: 404,
    message: (p: { path: string }) => `There is nothing at ${p.path.slice(0, 200)}`,
    hint: 'GET /admin/v1/openapi.json lists what there is. What belongs to a project alone is at its own address.',
  },
  control_method_not_allowed: {
    status: 405,
    message: 'This method is not served here',
  },
  control_origin_refused: {
    status: 403,
    message: (p: { origin: string }) => `Pages of ${p.origin.slice(0, 200)} may not use /admin/v1`,
    hint: 'Name the origin in basalt.admin_origins.',
  },
  control_token_missing: {
    status: 401,
    message: 'An operator’s token is needed',
    hint: 'POST /admin/v1/sessions gives one for an hour; `basalt operators token` one for programs. Send it as Authorization: Bearer ….',
  },
  control_token_invalid: {
    status: 401,
    message: 'The token is not good, or not any more',
  },
  control_role_insufficient: {
    status: 403,
    message: (p: { role: string; least: string }) =>
      `This takes the role ${p.least}: here you are ${p.role}`,
  },
  control_body_invalid: {
    status: 400,
    message: (p: { list: string }) => `The request is not as it should be: ${p.list}`,
  },
  control_database_away: {
    status: 503,
    message: 'The control database cannot be reached',
    hint: 'Projects go on meanwhile. Send the request again in a few seconds.',
  },
  control_no_node: {
    status: 503,
    message: 'This needs a running node',
    hint: 'Ask a node: --url and BASALT_OPERATOR_TOKEN in place of --control-db-url.',
  },
})
