/** Snippets: texts of SQL by name, none overwritten by who did not see it. */
import { versionOf } from '#host/control-plane/core'
import { listOf, liveRecord, nullable, object, text } from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'
import { emptyResponse, jsonResponse } from '#base/http'
import { sqlErrors } from './errors.ts'

const fitName = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,99}$/u
/** With what is put behind it no more than a file may be named with. */
const maxNameBytes = 240
const version = text('Of its content', 64)
const members = { name: text('Its name', 100), version }
const content = text('SQL', 1_000_000)
const none: Schema = { type: 'null' }

/** @throws studio_snippet_name_invalid */
async function nameOf(call: Call): Promise<string> {
  await liveRecord(call)
  const name = call.params['name'] ?? ''
  if (!fitName.test(name) || Buffer.byteLength(name) > maxNameBytes)
    throw sqlErrors.studio_snippet_name_invalid()
  return name
}

export const snippetRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/snippets',
    least: 'read-only',
    summary: 'Snippets of SQL; of `basalt start` the files in supabase/snippets',
    response: listOf(object(members)),
    handle: async (call) => {
      await liveRecord(call)
      return jsonResponse(200, await call.parts.snippets.list(call.ref))
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/snippets/:name',
    least: 'read-only',
    summary: 'One snippet',
    response: object({ ...members, content }),
    handle: async (call) => {
      const found = await call.parts.snippets.read(call.ref, await nameOf(call))
      if (found === null) throw sqlErrors.studio_snippet_not_found()
      return jsonResponse(200, found)
    },
  },
  {
    method: 'PUT',
    path: '/projects/:ref/snippets/:name',
    least: 'developer',
    summary: 'Saves a snippet; 409 where another version is there than the one given',
    request: object({
      content,
      version: nullable({ ...version, description: 'That it replaces; null for a new one' }),
    }),
    response: object(members),
    audit: 'snippet.save',
    handle: async (call) => {
      const name = await nameOf(call)
      const given = call.body as { content: string; version: string | null }
      const saved = { name, content: given.content }
      if (!(await call.parts.snippets.write(call.ref, saved, given.version)))
        throw sqlErrors.studio_snippet_changed()
      return jsonResponse(200, { name, version: versionOf(given.content) })
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/snippets/:name',
    least: 'developer',
    summary: 'Deletes a snippet',
    response: none,
    status: 204,
    audit: 'snippet.delete',
    handle: async (call) => {
      if (!(await call.parts.snippets.remove(call.ref, await nameOf(call))))
        throw sqlErrors.studio_snippet_not_found()
      return emptyResponse(204)
    },
  },
]
