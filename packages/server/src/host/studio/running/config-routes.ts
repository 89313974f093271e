/** Every option of a project, with its value and where that is from. */
import { flag, listOf, liveRecord, nullable, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { describeOptions } from '#base/config'
import { jsonResponse } from '#base/http'

/** Of the one project what it began with is known; of a fleet's what it sets itself. */
async function listOptions(call: Call) {
  const { config } = await liveRecord(call)
  const { options } = call.parts
  const described =
    options === null ? describeOptions({ tree: config }) : describeOptions(options())
  return jsonResponse(200, described)
}

export const configSchemaRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/config/schema',
    least: 'developer',
    summary:
      'Every option: what it is for, its value, where that is from, whether it can be changed while it runs',
    response: listOf(
      object({
        key: text('auth.site_url', 200),
        section: text('[auth]', 200),
        doc: text('What it is for', 2000),
        type: text('port, duration, list of text, …', 400),
        choices: { type: ['array', 'null'], items: { type: 'string' } },
        default: { description: 'As config.toml would have it; null where it is unset' },
        value: { description: 'The same, in effect; secrets masked' },
        secret: flag('It is masked'),
        changeable: flag('While the project runs'),
        source: oneOf(
          ['default', 'file', 'environment', 'flag', 'run time'],
          'Where its value is from',
        ),
        variable: nullable(text('Of the environment, that sets it', 200)),
        locked: flag('It cannot be changed here'),
        fields: {
          type: ['object', 'null'],
          additionalProperties: true,
          description:
            'Of the tables of a section whose names are the user’s: type and doc by name',
        },
      }),
    ),
    handle: listOptions,
  },
]
