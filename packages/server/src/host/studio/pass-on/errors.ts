/** What can be wrong with what is passed on. */
import { defineErrors } from '#base/kernel'

export const passOnErrors = defineErrors({
  studio_no_mail: {
    status: 409,
    message: 'No mail is caught here',
    hint: '`basalt start` catches it while inbucket.enabled is true.',
  },
  studio_mail_not_found: {
    status: 404,
    message: 'There is no such mail, or not any more',
  },
})
