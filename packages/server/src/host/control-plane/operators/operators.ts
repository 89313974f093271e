/** The people who run the fleet, and of which projects they are members. */
import { controlErrors } from '#host/control-plane/core'
import type { Actor, OperatorRole } from '#host/control-plane/core'
import { auditRow, change, read } from '#host/control-plane/store'
import type { ControlStore } from '#host/control-plane/store'
import { DatabaseError } from '#base/db'
import type { Transaction } from '#base/db'
import { fragment, sql, verbatim } from '#base/sql'
import { hashPassword } from './passwords.ts'

export interface Operator {
  readonly id: string
  readonly email: string
  readonly role: OperatorRole
  /** Unix milliseconds. */
  readonly createdMs: number
  readonly lastSeenMs: number | null
}

export interface Member {
  readonly operatorId: string
  readonly email: string
  readonly role: Exclude<OperatorRole, 'owner'>
}

export interface Operators {
  list(): Promise<Operator[]>
  /** @throws control_email_invalid, control_email_taken, control_password_weak */
  create(
    input: { readonly email: string; readonly role: OperatorRole; readonly password: string },
    actor: Actor,
  ): Promise<Operator>
  /** `who` is an id or an e-mail address. @throws control_operator_not_found, control_last_owner */
  update(
    who: string,
    change: { readonly role?: OperatorRole; readonly password?: string },
    actor: Actor,
  ): Promise<Operator>
  remove(who: string, actor: Actor): Promise<void>
  members(ref: string): Promise<Member[]>
  /** @throws control_operator_not_found */
  setMember(ref: string, who: string, role: Member['role'], actor: Actor): Promise<Member>
  /** @throws control_member_not_found */
  removeMember(ref: string, who: string, actor: Actor): Promise<void>
}

export const operatorColumns = verbatim(`operators.id::text, email, operators.role::text,
  extract(epoch from operators.created_at)::float8 * 1000 as "createdMs",
  extract(epoch from last_seen_at)::float8 * 1000 as "lastSeenMs"`)

/** One person, one spelling. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase()
}

const emailPattern = /^[^\s@"<>,;\\]{1,64}@[a-z0-9.-]{1,190}$/
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createOperators(store: ControlStore): Operators {
  return {
    list: () =>
      read(store, (transaction) =>
        transaction.rows<Operator>(sql`/* control.listOperators */
          select ${operatorColumns} from basalt_control.operators order by email`),
      ),
    create: async ({ email: given, role, password }, actor) => {
      const email = normalEmail(given)
      if (!emailPattern.test(email)) throw controlErrors.control_email_invalid()
      const hash = await hashPassword(password)
      return change(store, async (transaction) => {
        const created = await refuseTakenEmail(() =>
          transaction.rows<Operator>(sql`/* control.insertOperator */
            insert into basalt_control.operators (email, password_hash, role)
            values (${email}, ${hash}, ${role}::basalt_control.operator_role)
            returning ${operatorColumns}`),
        )
        await transaction.run(auditRow(actor, 'operator.create', null, { email, role }))
        return created[0] as Operator
      })
    },
    update: (who, changes, actor) => updateOperator(store, who, changes, actor),
    remove: (who, actor) =>
      change(store, async (transaction) => {
        const { id, email } = await lockOperator(transaction, who)
        await transaction.run(
          sql`/* control.deleteOperator */ delete from basalt_control.operators where id = ${id}::uuid`,
          auditRow(actor, 'operator.delete', null, { email }),
        )
        await requireOwner(transaction)
      }),
    members: (ref) => read(store, (transaction) => membersOf(transaction, ref)),
    setMember: (ref, who, role, actor) => setMember(store, { ref, who, role }, actor),
    removeMember: (ref, who, actor) =>
      change(store, async (transaction) => {
        const gone = await transaction.rows<{ email: string }>(sql`/* control.deleteMember */
          delete from basalt_control.members using basalt_control.operators
          where operators.id = operator_id and ref = ${ref} and ${isWho(who)} returning email`)
        if (gone[0] === undefined) throw controlErrors.control_member_not_found()
        await transaction.run(auditRow(actor, 'member.remove', ref, { email: gone[0].email }))
      }),
  }
}

async function updateOperator(
  store: ControlStore,
  who: string,
  { role, password }: { readonly role?: OperatorRole; readonly password?: string },
  actor: Actor,
): Promise<Operator> {
  const hash = password === undefined ? null : await hashPassword(password)
  return change(store, async (transaction) => {
    const { id, email } = await lockOperator(transaction, who)
    const [updated] = await transaction.rows<Operator>(sql`/* control.updateOperator */
      update basalt_control.operators set
        role = coalesce(${role ?? null}::basalt_control.operator_role, role),
        password_hash = coalesce(${hash}::text, password_hash), updated_at = now()
      where id = ${id}::uuid returning ${operatorColumns}`)
    // who knew the password before is out; tokens of programs have names, and are revoked by them
    if (hash !== null)
      await transaction.run(sql`/* control.endSessions */
        delete from basalt_control.sessions where operator_id = ${id}::uuid and name is null`)
    const detail = { email, ...(role && { role }), ...(hash !== null && { password: 'changed' }) }
    await transaction.run(auditRow(actor, 'operator.update', null, detail))
    await requireOwner(transaction)
    return updated as Operator
  })
}

async function setMember(
  store: ControlStore,
  { ref, who, role }: { readonly ref: string; readonly who: string; readonly role: Member['role'] },
  actor: Actor,
): Promise<Member> {
  return change(store, async (transaction) => {
    const { id, email } = await lockOperator(transaction, who)
    await transaction.run(
      sql`/* control.setMember */
        insert into basalt_control.members (ref, operator_id, role)
        values (${ref}, ${id}::uuid, ${role}::basalt_control.operator_role)
        on conflict (ref, operator_id) do update set role = excluded.role`,
      auditRow(actor, 'member.set', ref, { email, role }),
    )
    return { operatorId: id, email, role }
  })
}

function membersOf(transaction: Transaction, ref: string): Promise<Member[]> {
  return transaction.rows<Member>(sql`/* control.listMembers */
    select operator_id::text as "operatorId", email, members.role::text as role
    from basalt_control.members join basalt_control.operators on operators.id = operator_id
    where ref = ${ref} order by email`)
}

function isWho(who: string) {
  return uuidPattern.test(who)
    ? fragment`operators.id = ${who}::uuid`
    : fragment`lower(email) = ${normalEmail(who)}`
}

/** Locked first of all that changes owners, so that two do not both leave the other as the last one. */
async function lockOperator(
  transaction: Transaction,
  who: string,
): Promise<{ readonly id: string; readonly email: string }> {
  await transaction.rows(sql`/* control.lockOwners */
    select from basalt_control.operators where role = 'owner' order by id for update`)
  const [found] = await transaction.rows<{ id: string; email: string }>(
    sql`/* control.lockOperator */
      select id::text, email from basalt_control.operators where ${isWho(who)} for update`,
  )
  if (found === undefined) throw controlErrors.control_operator_not_found()
  return found
}

/** Where there are operators, one of them is an owner. */
async function requireOwner(transaction: Transaction): Promise<void> {
  const owners = await transaction.rows(sql`/* control.findOwner */
    select from basalt_control.operators having count(*) = 0 or count(*) filter (where role = 'owner') > 0`)
  if (owners.length === 0) throw controlErrors.control_last_owner()
}

async function refuseTakenEmail<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '23505')
      throw controlErrors.control_email_taken(undefined, error)
    throw error
  }
}
