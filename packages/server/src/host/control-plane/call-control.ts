/** The operators' API in process, for commands on the control database itself. */
import type { ControlApi } from '#host/control-plane/api'
import type { Actor } from '#host/control-plane/core'
import { bytesBody } from '#base/http'
import { neverCancelled } from '#base/kernel'

/** `path` is below `/admin/v1`; the answer's body is JSON, or empty. */
export async function callControl(
  api: ControlApi,
  actor: Actor,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const [at = '', query = ''] = path.split('?', 2)
  const bytes = body === undefined ? '' : JSON.stringify(body)
  const response = await api.handleAs(actor, {
    method,
    path: `/admin/v1${at}`,
    query,
    headers: {},
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from(bytes)),
  })
  return { status: response.status, text: typeof response.body === 'string' ? response.body : '' }
}
