/** Who sees a project, besides owners. */
import { listOf, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute, Schema } from '#host/control-plane/route'
import type { Member } from '#host/control-plane/operators'
import { emptyResponse, jsonResponse } from '#base/http'

const none: Schema = { type: 'null' }
const memberRole = oneOf(['read-only', 'developer', 'admin'], 'What they may do here')
const member = object({
  operator_id: text('UUID', 36),
  email: text('Address', 255),
  role: memberRole,
})

const memberView = ({ operatorId, email, role }: Member): object => ({
  operator_id: operatorId,
  email,
  role,
})

export const memberRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/members',
    least: 'admin',
    summary: 'Who sees the project, besides owners',
    response: listOf(member),
    handle: async ({ parts, ref }) =>
      jsonResponse(200, (await parts.operators.members(ref)).map(memberView)),
  },
  {
    method: 'PUT',
    path: '/projects/:ref/members/:operator',
    least: 'admin',
    summary: 'Lets an operator in, by id or e-mail address; their own role is a limit',
    request: object({ role: memberRole }),
    response: member,
    handle: async ({ parts, ref, params, body, actor }) => {
      const { role } = body as { role: Member['role'] }
      const set = await parts.operators.setMember(ref, params['operator'] ?? '', role, actor)
      return jsonResponse(200, memberView(set))
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/members/:operator',
    least: 'admin',
    summary: 'Lets an operator out again',
    response: none,
    status: 204,
    handle: async ({ parts, ref, params, actor }) => {
      await parts.operators.removeMember(ref, params['operator'] ?? '', actor)
      return emptyResponse(204)
    },
  },
]
