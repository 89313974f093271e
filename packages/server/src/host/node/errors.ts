/** Errors of the HTTP adapter. */
import { defineErrors } from '#base/kernel'

export const nodeErrors = defineErrors({
  /** Never reaches the client; it is what the log and the metrics see. */
  client_closed_request: {
    status: 499,
    message: 'The client closed the connection before its request was complete',
  },
})
