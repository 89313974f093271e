/** A delivery: checked, stored once, and turned into a job, a new name, or nothing. */
import { CodeError, messageOf } from '#core'
import type { ByteRate } from '#core'
import { parseObject } from '#http'
import { jsonText } from '#postgres'
import type { Database, Queryable } from '#postgres'
import { parseRemoteUrl } from '#git'
import type { CodeConfig } from '#config'
import { deriveSecret, hashSecret, isSignedWith } from '#repository'
import { enqueue } from '#queue'
import { maxBranch, readPush } from './read-push.ts'
import type { Push } from './read-push.ts'

export interface WebhookContext {
  readonly db: Database
  readonly config: CodeConfig
  /** By the user whose repository it is. */
  readonly deliveries: readonly ByteRate[]
}

export interface Delivery {
  readonly repositoryId: string
  readonly deliveryId: string
  readonly event: string
  readonly signature: string
  /** The JSON is its `payload`. */
  readonly isForm: boolean
  readonly body: Buffer
}

export interface Receipt {
  readonly status: 'queued' | 'processed' | 'duplicate' | 'ignored'
  readonly delivery_id: string
  readonly job_id?: string
  readonly reason?: string
}

interface Repository {
  readonly id: string
  readonly user_id: string
  readonly git_url: string
  readonly default_branch: string | null
  readonly webhook_secret_hash: string | null
  readonly webhook_secret_salt: string
}

/** @throws not_found, invalid_signature, invalid_request, rate_limited */
export async function receiveDelivery(
  { db, config, deliveries }: WebhookContext,
  delivery: Delivery,
): Promise<Receipt> {
  const repository = await findRepository(db, delivery.repositoryId)
  checkSignature(config, repository, delivery)
  checkRate(deliveries, repository, delivery)
  const payload = parsePayload(delivery)
  return db.transaction(async (transaction) => {
    const id = await store(transaction, delivery, payload)
    if (id === null) return { status: 'duplicate', delivery_id: delivery.deliveryId }
    const outcome = await act(transaction, config, repository, delivery, id, payload)
    await transaction.query(
      'code.noteDelivery',
      `update public.webhook_deliveries set status = $2, error_message = $3,
         processed_at = case when $2 = 'processed' then now() end where id = $1`,
      [id, outcome.status === 'queued' ? 'queued' : 'processed', outcome.reason ?? null],
    )
    return { ...outcome, delivery_id: delivery.deliveryId }
  })
}

async function findRepository(db: Queryable, id: string): Promise<Repository> {
  const [row] = await db.query<Repository>(
    'code.findRepositoryOfWebhook',
    'select id, user_id, git_url, default_branch, webhook_secret_hash, webhook_secret_salt from public.repositories where id = $1',
    [id],
  )
  if (row === undefined) throw new CodeError('not_found')
  return row
}

/** The hash says whether what is derived is what was told; a service with another secret has to rotate. */
function checkSignature(config: CodeConfig, repository: Repository, delivery: Delivery): void {
  const secret = deriveSecret(config.secret, repository.id, repository.webhook_secret_salt)
  const isKnown = hashSecret(secret) === repository.webhook_secret_hash
  if (!isSignedWith(secret, delivery.body, delivery.signature) || !isKnown)
    throw new CodeError('invalid_signature')
}

/** A payload is read at once: who signs many that are large would hold up everybody else. */
function checkRate(
  deliveries: WebhookContext['deliveries'],
  { user_id }: Repository,
  { body }: Delivery,
): void {
  const waitMs = Math.max(...deliveries.map((rate) => rate.take(user_id, body.length)))
  if (waitMs === 0) return
  throw new CodeError('rate_limited', {
    message:
      'The deliveries to your repositories are larger than they may be within a minute, or a day.',
    headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
  })
}

function parsePayload({ body, isForm }: Delivery): Record<string, unknown> {
  const json = isForm ? Buffer.from(formPayload(body)) : body
  try {
    if (json.length > 0) return parseObject(json)
  } catch (cause) {
    throw badPayload(messageOf(cause))
  }
  throw badPayload('The delivery has no payload.')
}

/** GitHub's other content type; '' of none. */
function formPayload(body: Buffer): string {
  return new URLSearchParams(body.toString('utf8')).get('payload') ?? ''
}

function badPayload(message: string): CodeError {
  return new CodeError('invalid_request', {
    message,
    suggestions: ['Set the content type of the webhook to application/json.'],
  })
}

/** Null when it was here before: two at once wait for each other on the unique index. */
async function store(transaction: Queryable, delivery: Delivery, payload: object) {
  const [row] = await transaction.query<{ id: string }>(
    'code.storeDelivery',
    `insert into public.webhook_deliveries (repository_id, delivery_id, event_type, payload)
     values ($1, $2, $3, $4) on conflict (repository_id, delivery_id) do nothing returning id`,
    [delivery.repositoryId, delivery.deliveryId, delivery.event, jsonText(payload)],
  )
  return row?.id ?? null
}

type Outcome = Omit<Receipt, 'delivery_id'>

async function act(
  transaction: Queryable,
  config: CodeConfig,
  repository: Repository,
  delivery: Delivery,
  id: string,
  payload: Record<string, unknown>,
): Promise<Outcome> {
  if (delivery.event === 'ping') return { status: 'processed' }
  if (delivery.event === 'repository') {
    if (!isOtherBranch(repository, payload)) return rename(transaction, config, repository, payload)
    return queue(transaction, repository, id, { ref: defaultBranchOf(payload) })
  }
  if (delivery.event !== 'push') return { status: 'ignored', reason: 'not an event that is used' }
  const push = readPush(payload)
  if (push === null) return { status: 'ignored', reason: 'not of a branch' }
  const tracked = repository.default_branch ?? defaultBranchOf(payload)
  if (tracked !== null && push.branch !== tracked)
    return { status: 'ignored', reason: `not of the branch ${tracked}` }
  if (push.deleted) return markDeleted(transaction, repository)
  return queue(transaction, repository, id, jobPayload(push, repository))
}

/** A job indexes the newest commit, whichever push it is of: no push is missed where some wait. */
const mostWaiting = 100

async function queue(
  transaction: Queryable,
  repository: Repository,
  deliveryId: string,
  payload: Record<string, unknown>,
): Promise<Outcome> {
  if (await isEnoughWaiting(transaction, repository, payload))
    return { status: 'processed', reason: `${mostWaiting} jobs wait that index this commit, too` }
  const job_id = await enqueue(transaction, {
    repositoryId: repository.id,
    requestedBy: null,
    type: 'incremental_update',
    payload,
    deliveryId,
  })
  return { status: 'queued', job_id }
}

async function isEnoughWaiting(
  transaction: Queryable,
  { id }: Repository,
  { branch }: Record<string, unknown>,
): Promise<boolean> {
  const rows = await transaction.query(
    'code.findWaitingJobs',
    `select from public.indexing_jobs
     where repository_id = $1 and status = 'queued' and payload ->> 'branch' is not distinct from $2::text limit $3`,
    [id, typeof branch === 'string' ? branch : null, mostWaiting],
  )
  return rows.length === mostWaiting
}

/** Where none was chosen, what is indexed is the default one. */
function isOtherBranch({ default_branch }: Repository, payload: Record<string, unknown>): boolean {
  const { action, changes } = payload as { action?: unknown; changes?: unknown }
  return (
    default_branch === null &&
    action === 'edited' &&
    Object.hasOwn(Object(changes ?? {}), 'default_branch')
  )
}

/** HEAD of the remote is fetched where no branch was chosen: it is the default one as well. */
function jobPayload(
  { branch, ...push }: Push,
  { default_branch }: Repository,
): object & Record<string, unknown> {
  return default_branch === null ? { ref: branch, ...push } : { ref: branch, branch, ...push }
}

function defaultBranchOf(payload: Record<string, unknown>): string | null {
  const { default_branch } = (payload['repository'] ?? {}) as { default_branch?: unknown }
  const isOne = typeof default_branch === 'string' && default_branch.length <= maxBranch
  return isOne ? default_branch : null
}

async function markDeleted(transaction: Queryable, { id }: Repository): Promise<Outcome> {
  await transaction.query(
    'code.markBranchDeleted',
    `update public.repositories set sync_state = 'branch_deleted' where id = $1`,
    [id],
  )
  return { status: 'processed', reason: 'the branch was deleted' }
}

/** Only within its host: a payload is no way to lead the worker elsewhere. */
async function rename(
  transaction: Queryable,
  config: CodeConfig,
  { id, git_url }: Repository,
  payload: Record<string, unknown>,
): Promise<Outcome> {
  const { action, repository } = payload as {
    action?: unknown
    repository?: Record<string, unknown>
  }
  if (action !== 'renamed' && action !== 'transferred')
    return { status: 'ignored', reason: 'not an event that is used' }
  const before = parseRemoteUrl(git_url, config.allowedHosts)
  const url = repository?.[before.protocol === 'ssh:' ? 'ssh_url' : 'clone_url']
  const name = repository?.['full_name']
  if (typeof url !== 'string' || typeof name !== 'string')
    return { status: 'ignored', reason: 'without a new URL' }
  if (parseRemoteUrl(url, config.allowedHosts).host !== before.host)
    return { status: 'ignored', reason: 'the new URL is of another host' }
  await transaction.query(
    'code.renameRepository',
    `update public.repositories set git_url = $2, name = $3 where id = $1
       and not exists (select from public.repositories others where others.git_url = $2 and others.user_id = repositories.user_id)`,
    [id, url, name.slice(0, 200)],
  )
  return { status: 'processed' }
}
