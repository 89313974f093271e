/** Texts of mails: what they say by default, and how one would look. */
import { apiErrors, listOf, liveRecord, nullable, object, text } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { BoundedCache, isJsonObject, systemRandom, uuid } from '#base/kernel'
import { mailTemplates, previewTemplate, templateVariables } from '#services/auth'
import { readFile } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { passOnErrors } from './errors.ts'
import { frame } from './mail-routes.ts'

interface Previewed {
  readonly ref: string
  readonly html: string
}

const maxContent = 200_000
/** Of this node, the newest: a frame asks for its text at once. */
const previews = new BoundedCache<string, Previewed>(32)

async function listTemplates(call: Call) {
  const { config } = await liveRecord(call)
  const { options, folder } = call.parts
  const values = options === null ? { tree: config } : options()
  const value: unknown =
    'tree' in values
      ? at(at(at(values.tree, 'auth'), 'email'), 'template')
      : values.config['auth.email.template']
  const listed = Object.entries(mailTemplates).map(async ([name, fallback]) => {
    const own = at(value, name)
    const path = textAt(own, 'content_path')
    const written = textAt(own, 'content') ?? (await readContent(folder?.workdir, path))
    return {
      name,
      subject: textAt(own, 'subject') ?? fallback.subject,
      content: written ?? fallback.content,
      own: own !== undefined && own !== null,
      content_path: path,
      default_subject: fallback.subject,
      default_content: fallback.content,
    }
  })
  return jsonResponse(200, { templates: await Promise.all(listed), variables: templateVariables })
}

const at = (value: unknown, name: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

function textAt(value: unknown, name: string): string | null {
  const found = at(value, name)
  return typeof found === 'string' ? found : null
}

/** Of a file of the project's folder; null where there is none. */
async function readContent(workdir: string | undefined, path: string | null) {
  if (workdir === undefined || path === null) return null
  const file = resolve(workdir, path)
  if (!file.startsWith(resolve(workdir) + sep)) return null
  return readFile(file, 'utf8').then(
    (content) => (content.length > maxContent ? null : content),
    () => null,
  )
}

async function preview(call: Call) {
  await liveRecord(call)
  const { subject, content } = call.body as { subject: string; content: string }
  try {
    const { html, ...rest } = previewTemplate({ subject, content })
    const id = uuid(systemRandom)
    previews.set(id, { ref: call.ref, html })
    return jsonResponse(200, { id, error: null, ...rest })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return jsonResponse(200, { id: null, error: message, subject: '', unknown: [] })
  }
}

export const templateRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/auth/templates',
    least: 'developer',
    summary: 'Texts of the mails, the project’s own and those by default',
    response: object({
      templates: listOf(
        object({
          name: text('invite, confirmation, …', 63),
          subject: text('In effect'),
          content: text('In effect: HTML with {{ .Email }} and the like'),
          own: { type: 'boolean', description: 'The project has one' },
          content_path: nullable(text('The file it is from')),
          default_subject: text('Without one'),
          default_content: text('Without one'),
        }),
      ),
      variables: listOf(text('Name', 63)),
    }),
    handle: listTemplates,
  },
  {
    method: 'POST',
    path: '/projects/:ref/auth/templates/preview',
    least: 'developer',
    summary: 'A template filled with examples: its subject, what is wrong, and the id of its HTML',
    request: object({ subject: text('Subject', 2000), content: text('HTML', maxContent) }),
    response: object({
      id: nullable(text('For …/preview/:id', 36)),
      error: nullable(text('What is not understood')),
      subject: text('Filled in'),
      unknown: listOf(text('Name that no mail knows')),
    }),
    handle: preview,
  },
  {
    method: 'GET',
    path: '/projects/:ref/auth/templates/preview/:id',
    least: 'developer',
    summary: 'Its HTML, for a frame: nothing in it runs or is fetched',
    response: { description: 'HTML' },
    handle: async (call) => {
      if (call.access === null) throw apiErrors.control_no_node()
      const found = previews.get(call.params['id'] ?? '')
      if (found === undefined || found.ref !== call.ref) throw passOnErrors.studio_preview_gone()
      return Promise.resolve({ status: 200, headers: frame, body: found.html })
    },
  },
]
