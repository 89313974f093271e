/**
 * All objects below a prefix removed or moved, page by page, each as if it were named: the caller's policies and the project's
 * triggers decide. What a request does not get to is told by `next`, and is gone on with by `after`.
 */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Caller } from '#base/service'
import { arrayLiteral } from '#base/sql'
import { readBody, readRows, requireCaller, storageErrors, write } from '#services/storage/core'
import type { Fields, StorageContext } from '#services/storage/core'
import { forgetObjects } from './forget.ts'
import { moveOne } from './move-one.ts'
import { deleteObjects, selectNamesBehind } from './statements.ts'
import type { ObjectRow } from './statements.ts'

const maxLimit = 100_000
const pageSize = 500
/** Moves of one request under way. */
const movesAtOnce = 4
/** A request ends with so many. */
const maxFailures = 100

interface Walk {
  readonly caller: Caller
  readonly bucketId: string
  readonly prefix: string
  readonly after: string
  readonly limit: number
}

/** What an object said no to. */
interface Failure {
  readonly name: string
  readonly code: string
  readonly message: string
}

function readWalk(body: Fields, caller: Caller, bucketId: string, member: string): Walk {
  const prefix = body.requiredText(member)
  if (prefix === '')
    throw storageErrors.Malformed({
      message: `body/${member} must NOT have fewer than 1 characters`,
    })
  const limit = body.integer('limit', { min: 1, max: maxLimit }) ?? maxLimit
  return { caller, bucketId, prefix, after: body.text('after') ?? '', limit }
}

/** `work` gets pages of keys the caller sees, and answers the last it did; null at the end, else where it stopped. */
async function walk(
  context: StorageContext,
  { caller, bucketId, prefix, after, limit }: Walk,
  work: (names: readonly string[]) => Promise<string>,
): Promise<string | null> {
  const { project, scope } = context
  const stopMs = (project.clock.now() + scope.deadlineMs) / 2
  let last = after
  for (let left = limit; left > 0 && project.clock.now() < stopMs;) {
    if (scope.cancellation.cancelled) throw storageErrors.Aborted()
    const count = Math.min(left, pageSize)
    const statement = selectNamesBehind(bucketId, prefix, last, count)
    const rows = await readRows<{ name: string }>(context, caller, statement)
    const names = rows.map(({ name }) => name)
    if (names.length === 0) return null
    last = await work(names)
    if (last !== names.at(-1)) return last
    if (names.length < count) return null
    left -= count
  }
  return last
}

/** Runs `one` on each, `atOnce` at a time; what an object refuses is kept in `failures`. The last key that was tried. */
async function tryEach(
  names: readonly string[],
  atOnce: number,
  failures: Failure[],
  one: (name: string) => Promise<void>,
): Promise<string> {
  let last = ''
  for (let at = 0; at < names.length && failures.length < maxFailures; at += atOnce) {
    const some = names.slice(at, at + atOnce)
    const attempt = async (name: string): Promise<void> => {
      try {
        await one(name)
      } catch (error) {
        if (!isOfObject(error)) throw error
        failures.push({ name, code: error.code, message: error.message })
      }
    }
    const done = await Promise.allSettled(some.map(attempt))
    for (const result of done) if (result.status === 'rejected') throw result.reason
    last = some.at(-1) as string
  }
  return last
}

/** Not of the connection, the time or the machine: those end the request. */
function isOfObject(error: unknown): error is PlatformError {
  if (!(error instanceof PlatformError)) return false
  return error.code === 'DatabaseError' || (error.status < 500 && !general.has(error.code))
}
const general = new Set(['SlowDown', 'AbortedTerminate'])

/** `DELETE /prefix/:bucket` */
export async function removePrefix(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const { bucketId } = context
  const asked = readWalk(await readBody(context), caller, bucketId, 'prefix')
  const failed: Failure[] = []
  let deleted = 0
  const remove = async (names: readonly string[]): Promise<void> => {
    const statement = deleteObjects(bucketId, arrayLiteral(names))
    const rows = await write<ObjectRow>(context, caller, statement)
    deleted += rows.length
    await forgetObjects(
      context,
      rows.map(({ name, version }) => ({ bucketId, name, version: version ?? '' })),
    )
  }
  const next = await walk(context, asked, async (names) => {
    try {
      await remove(names)
      return names.at(-1) as string
    } catch (error) {
      if (!isOfObject(error)) throw error
      return tryEach(names, 1, failed, (name) => remove([name]))
    }
  })
  return jsonResponse(200, { deleted, failed, next })
}

/** `POST /prefix/move` */
export async function movePrefix(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const bucketId = body.requiredText('bucketId')
  const asked = readWalk(body, caller, bucketId, 'sourcePrefix')
  const destination = body.requiredText('destinationPrefix')
  const toBucketId = body.text('destinationBucket') ?? bucketId
  const isWithin = (key: string): boolean => toBucketId === bucketId && key.startsWith(asked.prefix)
  // it would be found there again, and moved on and on
  if (isWithin(destination))
    throw storageErrors.Malformed({
      message: 'body/destinationPrefix must NOT begin with sourcePrefix',
    })
  const failed: Failure[] = []
  let tried = 0
  const next = await walk(context, asked, (names) =>
    tryEach(names, movesAtOnce, failed, async (name) => {
      tried++
      const key = destination + name.slice(asked.prefix.length)
      if (isWithin(key)) throw storageErrors.InvalidKey({ key })
      const from = { bucketId, key: name }
      await moveOne(context, caller, { from, to: { bucketId: toBucketId, key } })
    }),
  )
  return jsonResponse(200, { moved: tried - failed.length, failed, next })
}
