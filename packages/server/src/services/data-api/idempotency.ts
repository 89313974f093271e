/** Idempotency-Key: a transaction sent twice runs once, and is answered twice. Stored in the transaction itself. */
import { createHash } from 'node:crypto'
import { transactionErrors } from '#services/data-api/transaction'
import { DatabaseError, decodeRows } from '#base/db'
import type { Database, Result, RunOptions, Session, Transaction } from '#base/db'
import type { Caller } from '#base/service'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** A key of one caller for one body. */
export interface Claim {
  readonly role: string
  readonly subject: string
  readonly key: string
  readonly requestHash: string
}

export interface StoredResponse {
  readonly status: number
  readonly body: string
}

/** The connection's own role: no API role may touch the keys. */
export const keeperSession: Session = { role: null, settings: [] }

/** Null without the header; throws BTX05 for one that is no key. */
export function parseClaim(
  key: string | undefined,
  { role, claims }: Caller,
  schema: string,
  body: Uint8Array,
): Claim | null {
  if (key === undefined) return null
  if (!/^[\x20-\x7e]{1,255}$/.test(key) || key.trim() === '') throw transactionErrors.BTX05()
  const { sub } = claims
  const requestHash = createHash('sha256').update(`${schema}\n`).update(body).digest('hex')
  return { role, subject: typeof sub === 'string' ? sub : '', key, requestHash }
}

/** Holds the key until the transaction ends. Resolves with the stored response, if there is one; throws BTX06 and BTX07. */
export async function takeKey(
  transaction: Transaction,
  claim: Claim,
): Promise<StoredResponse | null> {
  const [result] = await transaction.run(claimStatement(claim)).catch(withoutTable)
  return readClaim(result, claim)
}

/** The same question in a transaction of its own. */
export async function findStored(
  db: Database,
  claim: Claim,
  options: RunOptions,
): Promise<StoredResponse | null> {
  const statements = [claimStatement(claim)]
  const [result] = await db.transaction(keeperSession, statements, options).catch(withoutTable)
  return readClaim(result, claim)
}

export async function storeResponse(
  transaction: Transaction,
  { role, subject, key, requestHash }: Claim,
  { status, body }: StoredResponse,
): Promise<void> {
  await transaction.run(
    sql`/* dataApi.resumeKeeper */ select set_config('role', 'none', true)`,
    sql`/* dataApi.storeResponse */ select basalt.store_idempotent_response(
      ${role}, ${subject}, ${key}, ${requestHash}, ${status}, ${body})`,
  )
}

/** Another transaction with this key was committed after ours had begun, or, under a strict isolation, may have been. */
export function isLostRace(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    error.statement === 'dataApi.storeResponse' &&
    (error.code === '23505' || isConflict(error))
  )
}

/** A serialization failure. */
export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '40001'
}

function claimStatement({ role, subject, key }: Claim): Statement {
  return sql`/* dataApi.claimKey */ select * from basalt.claim_idempotency_key(${role}, ${subject}, ${key})`
}

interface ClaimRow {
  readonly claimed: boolean
  readonly request_hash: string | null
  readonly status: number | null
  readonly body: string | null
}

function readClaim(result: Result | undefined, claim: Claim): StoredResponse | null {
  const row = result === undefined ? undefined : decodeRows<ClaimRow>(result)[0]
  if (row === undefined || !row.claimed) throw transactionErrors.BTX06()
  const { request_hash: hash, status, body } = row
  if (hash === null || status === null || body === null) return null
  if (hash !== claim.requestHash) throw transactionErrors.BTX07()
  return { status, body }
}

/** A database that the migrations of this module were not applied to. */
function withoutTable(error: unknown): never {
  const missing = ['3F000', '42883', '42P01', '42501']
  if (error instanceof DatabaseError && missing.includes(error.code))
    throw transactionErrors.BTX08(undefined, error)
  throw error
}
