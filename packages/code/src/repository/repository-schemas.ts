/** What answers have in them of repositories and jobs. */
import { schema } from '#http'

const { anyObject, integer, listOf, named, objectOf, oneOf, orNull, text, time, uuid } = schema

const columns = {
  id: uuid,
  name: text,
  git_url: text,
  provider: text,
  status: oneOf('pending', 'ready', 'error', 'disabled'),
  sync_state: oneOf('pending', 'syncing', 'synced', 'failed', 'branch_deleted'),
  default_branch: orNull(text),
  settings: anyObject,
  metadata: anyObject,
  last_indexed_commit: orNull(text),
  last_indexed_at: orNull(time),
  created_at: time,
  updated_at: time,
}
export const repository = named('Repository', objectOf(columns))

export const newRepository = named(
  'NewRepository',
  objectOf({
    ...columns,
    webhook_secret: { ...text, description: 'For GitHub, this one time' },
    webhook_path: text,
    job_id: { ...uuid, description: 'The first job' },
  }),
)

export const jobStatuses = ['queued', 'in_progress', 'completed', 'failed', 'cancelled'] as const

const jobColumns = {
  id: uuid,
  repository_id: uuid,
  job_type: oneOf('full_index', 'incremental_update'),
  status: oneOf(...jobStatuses),
  priority: integer,
  progress: { ...anyObject, description: 'Files, symbols and bytes so far' },
  attempts: integer,
  queued_at: time,
  started_at: orNull(time),
  finished_at: orNull(time),
  error_message: orNull(text),
}
export const listedJob = named(
  'ListedJob',
  objectOf({ ...jobColumns, repositories: objectOf({ user_id: uuid, name: text }) }),
)

const jobEvent = named(
  'JobEvent',
  objectOf({ event_type: text, message: orNull(text), context: anyObject, created_at: time }),
)
export const job = named(
  'Job',
  objectOf({
    ...jobColumns,
    repositories: objectOf({ user_id: uuid }),
    indexing_job_events: listOf(jobEvent),
  }),
)
