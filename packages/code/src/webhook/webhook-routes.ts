/** Where GitHub delivers. */
import { CodeError } from '#core'
import { defineRoute, schema, uuidOf } from '#http'
import { receiveDelivery } from './receive-delivery.ts'
import type { WebhookContext } from './receive-delivery.ts'

/** GitHub sends no more. */
const maxBytes = 26_214_400

const { named, objectOf, oneOf, text, uuid } = schema

const receipt = named(
  'Receipt',
  objectOf(
    {
      status: oneOf('queued', 'processed', 'duplicate', 'ignored'),
      delivery_id: text,
      job_id: uuid,
      reason: text,
    },
    ['job_id', 'reason'],
  ),
)

export const webhookRoutes = [
  defineRoute<WebhookContext>({
    method: 'POST',
    path: '/webhooks/github/:repository_id',
    summary:
      'Takes a delivery of GitHub, signed with the secret of the repository; the same one twice is taken once.',
    tag: 'webhooks',
    permission: null,
    headers: {
      'X-GitHub-Delivery': { type: 'string', description: 'Its id', required: true },
      'X-GitHub-Event': { type: 'string', description: 'push, ping, …', required: true },
      'X-Hub-Signature-256': {
        type: 'string',
        description: 'sha256= and the HMAC of the body by the secret of the repository',
        required: true,
      },
    },
    rawBodyBytes: maxBytes,
    answers: receipt,
    handle: async (context, { request, path, bytes }) => {
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
      const received = await receiveDelivery(context, {
        repositoryId: uuidOf(path, 'repository_id'),
        deliveryId,
        event,
        signature: header('x-hub-signature-256'),
        isForm: header('content-type').startsWith('application/x-www-form-urlencoded'),
        body: bytes,
      })
      return { status: received.status === 'queued' ? 202 : 200, body: received }
    },
  }),
]
