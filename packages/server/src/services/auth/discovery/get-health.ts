/** GET /health */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'

/** The release of GoTrue whose behaviour this follows. */
const version = 'v2.196.0'

export function getHealth(): HttpResponse {
  return jsonResponse(200, {
    version,
    name: 'GoTrue',
    description: 'GoTrue is a user registration and authentication API',
  })
}
