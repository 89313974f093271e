/** What can be wrong with what is asked of a running project. */
import { defineErrors } from '#base/kernel'

export const runningErrors = defineErrors({
  studio_request_not_found: {
    status: 404,
    message: 'This request is not among those that are kept',
    hint: 'Requests are kept from the first look at the logs on, the latest 5000.',
  },
  studio_user_not_found: {
    status: 404,
    message: 'There is no such user',
  },
})
