/** Errors of the HTTP adapter. */
import { defineErrors } from '#base/kernel'

export const nodeErrors = defineErrors({
  too_many_bodies: {
    status: 503,
    message: 'Too many large requests are under way',
    hint: 'Send it again in a few seconds.',
  },
  /** Never reaches the client; it is what the log and the metrics see. */
  client_closed_request: {
    status: 499,
    message: 'The client closed the connection before its request was complete',
  },
})
