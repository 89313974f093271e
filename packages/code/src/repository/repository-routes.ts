/** Repositories: created, listed, changed, deleted, indexed again. */
import { CodeError, messageOf } from '#core'
import { stateOf } from '#postgres'
import { defineRoute, schema, uuidOf } from '#http'
import type { Fields } from '#http'
import { dataOf } from '#caller'
import type { Context } from '#caller'
import { checkBranch, createRepository, rotateSecret } from './create-repository.ts'
import type { NewRepository } from './create-repository.ts'
import * as schemas from './repository-schemas.ts'

const columns =
  'id, name, git_url, provider, status, sync_state, default_branch, settings, metadata, last_indexed_commit, last_indexed_at, created_at, updated_at'
const jobColumns =
  'id, repository_id, job_type, status, priority, progress, attempts, queued_at, started_at, finished_at, error_message'

const { listOf, objectOf, oneOf, text, uuid } = schema

const ended = new Set(['completed', 'failed', 'cancelled'])

const branch: Fields[string] = {
  type: 'string',
  description: 'In place of the HEAD of the remote',
  nullable: true,
  maximum: 250,
}
const settings: Fields[string] = { type: 'object', description: 'Your own, 20,000 characters' }
const name: Fields[string] = {
  type: 'string',
  description: 'Default: owner/name',
  minimum: 1,
  maximum: 200,
}

export const repositoryRoutes = [
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/repositories',
    summary:
      'Registers a repository and indexes it; the secret of its webhook is told this one time.',
    tag: 'repositories',
    permission: 'write',
    body: {
      git_url: { type: 'string', description: 'https or ssh', required: true, maximum: 2_000 },
      name,
      provider: { type: 'string', description: 'Who hosts it', default: 'github', maximum: 50 },
      default_branch: branch,
      settings,
    },
    answers: schemas.newRepository,
    handle: async (context, { input }) => ({
      status: 201,
      body: await createRepository(context, input as unknown as NewRepository),
    }),
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/repositories',
    summary: 'Lists your repositories.',
    tag: 'repositories',
    permission: 'read',
    answers: objectOf({ repositories: listOf(schemas.repository) }),
    handle: async ({ supabase, caller }) => {
      const query = supabase.from('repositories').select(columns).eq('user_id', caller.userId)
      return { status: 200, body: { repositories: dataOf(await query.order('name').limit(200)) } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/repositories/:id',
    summary: 'One repository.',
    tag: 'repositories',
    permission: 'read',
    answers: schemas.repository,
    handle: async ({ supabase, caller }, { path }) => {
      const query = supabase.from('repositories').select(columns).eq('user_id', caller.userId)
      return { status: 200, body: dataOf(await query.eq('id', uuidOf(path)).single()) }
    },
  }),
  defineRoute<Context>({
    method: 'PATCH',
    path: '/api/v1/repositories/:id',
    summary: 'Changes name, branch or settings.',
    tag: 'repositories',
    permission: 'write',
    body: { name, default_branch: branch, settings },
    answers: schemas.repository,
    handle: async ({ supabase, caller }, { path, input }) => {
      if (Object.keys(input).length === 0)
        throw new CodeError('invalid_request', { message: 'Nothing is to be changed.' })
      checkBranch(input['default_branch'] as string | null | undefined)
      const query = supabase.from('repositories').update(input).eq('user_id', caller.userId)
      return {
        status: 200,
        body: dataOf(await query.eq('id', uuidOf(path)).select(columns).single()),
      }
    },
  }),
  defineRoute<Context>({
    method: 'DELETE',
    path: '/api/v1/repositories/:id',
    summary: 'Deletes a repository and all that was found in it.',
    tag: 'repositories',
    permission: 'write',
    handle: async ({ supabase, caller }, { path }) => {
      const query = supabase.from('repositories').delete().eq('user_id', caller.userId)
      dataOf(await query.eq('id', uuidOf(path)).select('id').single())
      return { status: 204 }
    },
  }),
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/repositories/:id/rotate-secret',
    summary: 'Another secret for its webhook, told this one time.',
    tag: 'repositories',
    permission: 'write',
    answers: objectOf({ id: uuid, webhook_secret: text }),
    handle: async (context, { path }) => ({
      status: 200,
      body: { id: uuidOf(path), webhook_secret: await rotateSecret(context, uuidOf(path)) },
    }),
  }),
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/repositories/:id/index',
    summary: 'Indexes it again: what has changed, or all of it.',
    tag: 'jobs',
    permission: 'write',
    body: {
      branch,
      full: { type: 'boolean', description: 'Parses also what has not changed', default: false },
    },
    answers: objectOf({ job_id: uuid }),
    handle: async ({ db, caller }, { path, input }) => {
      checkBranch(input['branch'] as string | null | undefined)
      // as the user, who the function checks
      const asking = db.transaction(async (transaction) => {
        await transaction.query(
          'code.actAsUser',
          `select set_config('request.jwt.claims', json_build_object('sub', $1::text, 'role', 'authenticated')::text, true)`,
          [caller.userId],
        )
        return transaction.query<{ job_id: string }>(
          'code.requestIndexing',
          `select public.request_indexing(id, $3, $4) as job_id from public.repositories where id = $1 and user_id = $2`,
          [uuidOf(path), caller.userId, input['branch'] ?? null, input['full']],
        )
      })
      const [row] = await asking.catch((error: unknown) => {
        if (stateOf(error) !== '42501') throw error
        throw new CodeError('permission_denied', {
          message: messageOf(error),
          suggestions: ['Wait until one has ended, or cancel one.'],
        })
      })
      if (row === undefined) throw new CodeError('not_found')
      return { status: 202, body: row }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/index/status',
    summary: 'Jobs of your repositories, newest first.',
    tag: 'jobs',
    permission: 'read',
    query: {
      repository_id: { type: 'string', format: 'uuid', description: 'Of this one only' },
      status: {
        type: 'string',
        description: 'Only those',
        enum: schemas.jobStatuses,
      },
      limit: { type: 'integer', description: 'How many', minimum: 1, maximum: 100, default: 20 },
    },
    answers: objectOf({ jobs: listOf(schemas.listedJob) }),
    handle: async ({ supabase, caller }, { input }) => {
      let query = supabase
        .from('indexing_jobs')
        .select(`${jobColumns}, repositories!inner(user_id, name)`)
        .eq('repositories.user_id', caller.userId)
      if (input['repository_id'] !== undefined)
        query = query.eq('repository_id', input['repository_id'])
      if (input['status'] !== undefined) query = query.eq('status', input['status'])
      const jobs = dataOf(
        await query.order('queued_at', { ascending: false }).limit(Number(input['limit'])),
      )
      return { status: 200, body: { jobs } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/jobs/:id',
    summary: 'A job with its events.',
    tag: 'jobs',
    permission: 'read',
    answers: schemas.job,
    handle: async ({ supabase, caller }, { path }) => {
      const query = supabase
        .from('indexing_jobs')
        .select(
          `${jobColumns}, repositories!inner(user_id), indexing_job_events(event_type, message, context, created_at)`,
        )
        .eq('repositories.user_id', caller.userId)
        .eq('id', uuidOf(path))
      return { status: 200, body: dataOf(await query.single()) }
    },
  }),
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/jobs/:id/cancel',
    summary: 'Cancels a job: at once while it waits, else as soon as its worker looks.',
    tag: 'jobs',
    permission: 'write',
    answers: objectOf({ id: uuid, status: oneOf('cancelled', 'in_progress') }),
    handle: async ({ supabase, caller }, { path }) => {
      const job = supabase.from('indexing_jobs').select('status, repositories!inner(user_id)')
      const known = dataOf(
        await job.eq('repositories.user_id', caller.userId).eq('id', uuidOf(path)).single(),
      )
      if (ended.has(known.status))
        throw new CodeError('conflict', {
          message: `The job has ended already: ${known.status}.`,
          details: { status: known.status },
        })
      const status = dataOf(await supabase.rpc('cancel_indexing_job', { job: uuidOf(path) }))
      return { status: 202, body: { id: uuidOf(path), status } }
    },
  }),
]
