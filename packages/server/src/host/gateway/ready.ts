/** Whether requests can be answered. */
import { textResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { ProjectRuntime } from './project-runtime.ts'

const readyWithinMs = 2_000

/** Ready is who reaches Postgres the way callers' requests do. */
export async function answerReady({ project }: ProjectRuntime): Promise<HttpResponse> {
  const nobody = { role: null, settings: [] }
  try {
    await project.apiDb.transaction(nobody, [], {
      timeoutMs: readyWithinMs,
      lane: 'read',
      leaves: 'nothing',
    })
    return textResponse(200, '')
  } catch {
    return textResponse(503, '')
  }
}
