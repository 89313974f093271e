/** Where GitHub delivers. */
import { CodeError } from '#core'
import type { CodeConfig } from '#config'
import type { Database } from '#postgres'
import { defineRoute } from '#http'
import { receiveDelivery } from './receive-delivery.ts'

/** GitHub sends no more. */
const maxBytes = 26_214_400

export const webhookRoutes = [
  defineRoute<{ readonly db: Database; readonly config: CodeConfig }>({
    method: 'POST',
    path: '/webhooks/github/:repository_id',
    summary:
      'Takes a delivery of GitHub, signed with the secret of the repository; the same one twice is taken once.',
    tag: 'webhooks',
    permission: null,
    rawBodyBytes: maxBytes,
    handle: async ({ db, config }, { request, path, bytes }) => {
      const header = (name: string): string => {
        const value = request.headers[name]
        return typeof value === 'string' ? value : ''
      }
      const deliveryId = header('x-github-delivery')
      const event = header('x-github-event')
      if (!/^[\w-]{1,100}$/.test(deliveryId) || !/^\w{1,100}$/.test(event))
        throw new CodeError('invalid_request', {
          message: 'X-GitHub-Delivery and X-GitHub-Event are missing.',
        })
      const receipt = await receiveDelivery(db, config, {
        repositoryId: path['repository_id'] ?? '',
        deliveryId,
        event,
        signature: header('x-hub-signature-256'),
        isForm: header('content-type').startsWith('application/x-www-form-urlencoded'),
        body: bytes,
      })
      return { status: receipt.status === 'queued' ? 202 : 200, body: receipt }
    },
  }),
]
