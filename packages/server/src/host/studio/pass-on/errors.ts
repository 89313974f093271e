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
  studio_preview_gone: {
    status: 404,
    message: 'There is no such preview, or not any more',
    hint: 'Ask for it again: a node keeps the newest ones.',
  },
  studio_session_not_found: {
    status: 404,
    message: 'There is no such session, or not any more',
  },
})
