/** A repository and its first job in one transaction; the secret of its webhook is told this one time. */
import { randomUUID } from 'node:crypto'
import { CodeError } from '#core'
import { jsonText, stateOf } from '#postgres'
import type { Queryable } from '#postgres'
import type { Context } from '#caller'
import { isBranchName, parseRemoteUrl, resolveRemote } from '#git'
import { enqueue } from '#queue'
import { deriveSecret, hashSecret } from './webhook-secret.ts'

export interface NewRepository {
  readonly git_url: string
  readonly name?: string
  readonly provider: string
  readonly default_branch?: string | null
  readonly settings?: Record<string, unknown>
}

const maxRepositories = 100
const columns = `id, name, git_url, provider, status, sync_state, default_branch, settings, metadata,
  last_indexed_commit, last_indexed_at, created_at, updated_at`

/** @throws invalid_repository_url, conflict, permission_denied */
export async function createRepository(context: Context, asked: NewRepository) {
  const { config, db, caller } = context
  checkBranch(asked.default_branch)
  const remote = parseRemoteUrl(asked.git_url, config.allowedHosts)
  await resolveRemote(remote)
  const id = randomUUID()
  const salt = randomUUID()
  const secret = deriveSecret(config.secret, id, salt)
  const name = asked.name ?? nameOf(asked.git_url)
  const row = [id, caller.userId, caller.key?.id ?? null, name, asked.git_url, asked.provider]
  try {
    return await db.transaction(async (transaction) => {
      await checkRoom(transaction, caller.userId)
      const [repository] = await transaction.query<Record<string, unknown>>(
        'code.insertRepository',
        `insert into public.repositories (id, user_id, api_key_id, name, git_url, provider, default_branch, settings, webhook_secret_hash, webhook_secret_salt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${columns}`,
        [
          ...row,
          asked.default_branch ?? null,
          jsonText(asked.settings ?? {}),
          hashSecret(secret),
          salt,
        ],
      )
      const job = await enqueue(transaction, {
        repositoryId: id,
        requestedBy: caller.key?.id ?? null,
        type: 'full_index',
        payload: {},
        priority: 5,
      })
      return {
        ...repository,
        webhook_secret: secret,
        webhook_path: `/webhooks/github/${id}`,
        job_id: job,
      }
    })
  } catch (error) {
    if (stateOf(error) === '23505')
      throw new CodeError('conflict', { message: 'You have a repository of this URL already.' })
    throw error
  }
}

export function checkBranch(branch: string | null | undefined): void {
  if (typeof branch === 'string' && !isBranchName(branch))
    throw new CodeError('invalid_request', {
      details: { fields: { default_branch: 'is not a name of a branch' } },
    })
}

async function checkRoom(transaction: Queryable, userId: string): Promise<void> {
  await transaction.query(
    'code.lockRepositoriesOfUser',
    `select pg_advisory_xact_lock(hashtextextended('code.repositories ' || $1, 0))`,
    [userId],
  )
  const [row] = await transaction.query<{ count: number }>(
    'code.countRepositories',
    'select count(*)::int as count from public.repositories where user_id = $1',
    [userId],
  )
  if ((row?.count ?? 0) >= maxRepositories)
    throw new CodeError('permission_denied', {
      message: `A user has ${maxRepositories} repositories at most.`,
      suggestions: ['Delete one that is not used any more.'],
    })
}

/** `https://github.com/owner/name.git` → `owner/name` */
function nameOf(url: string): string {
  const path = url.replace(/^\w+:\/\/[^/]+\/|^[^:]+:/, '').replace(/(\.git)?\/*$/, '')
  return path.split('/').slice(-2).join('/').slice(0, 200) || url.slice(0, 200)
}

/** Another secret; the one before ends at once. @throws not_found */
export async function rotateSecret({ config, db, caller }: Context, id: string): Promise<string> {
  const salt = randomUUID()
  const secret = deriveSecret(config.secret, id, salt)
  const rows = await db.query(
    'code.rotateSecret',
    `update public.repositories set webhook_secret_hash = $3, webhook_secret_salt = $4
     where id = $1 and user_id = $2 returning id`,
    [id, caller.userId, hashSecret(secret), salt],
  )
  if (rows.length === 0) throw new CodeError('not_found')
  return secret
}
