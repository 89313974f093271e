/** What can be wrong with a question about policies. */
import { defineErrors } from '#base/kernel'

export const policiesErrors = defineErrors({
  studio_explain_invalid: {
    status: 400,
    message: (p: { reason: string }) => `This cannot be tried: ${p.reason}`,
  },
  studio_user_not_found: {
    status: 404,
    message: (p: { id: string }) => `The project has no user ${p.id.slice(0, 40)}`,
  },
})
