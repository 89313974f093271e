/** Failed sign-ins, counted before a password is looked at: many at once are no way around it. */
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { controlErrors } from '#host/control-plane/core'
import { change } from '#host/control-plane/store'
import type { ControlStore } from '#host/control-plane/store'
import { arrayLiteral, sql } from '#base/sql'

const window = '15 minutes'

/** An account is not locked for its owner by what others try from elsewhere, until it is much. */
const limits = { pair: 10, address: 50, account: 200 } as const

interface Subjects {
  readonly pair: string
  readonly address: string
  readonly account: string
}

export interface Attempts {
  /** Counts one. @throws control_too_many_attempts */
  begin(email: string, address: string): Promise<void>
  /** It was the right password. */
  succeed(email: string, address: string): Promise<void>
}

export function createAttempts(store: ControlStore): Attempts {
  return {
    begin: async (email, address) => {
      const subjects = subjectsOf(email, address)
      const found = await change(store, async (transaction) => {
        await transaction.run(sql`/* control.forgetAttempts */
          delete from basalt_control.attempts where subject in (
            select subject from basalt_control.attempts where until < now() limit 1000 for update skip locked
          )`)
        return transaction.rows<{
          subject: string
          failures: number
        }>(sql`/* control.countAttempt */
          insert into basalt_control.attempts as known (subject, failures, until)
          select subject, 1, now() + ${window}::interval
          from (select unnest(${arrayLiteral(Object.values(subjects))}::text[]) as subject order by 1) as given
          on conflict (subject) do update set
            failures = case when known.until < now() then 1 else least(known.failures + 1, 1000000) end,
            until = case when known.until < now() then excluded.until else known.until end
          returning subject, failures`)
      })
      const failures = new Map(found.map((row) => [row.subject, row.failures]))
      const isOver = (Object.keys(limits) as (keyof Subjects)[]).some(
        (kind) => (failures.get(subjects[kind]) ?? 0) > limits[kind],
      )
      if (isOver) throw controlErrors.control_too_many_attempts()
    },
    succeed: async (email, address) => {
      const { pair, address: place, account } = subjectsOf(email, address)
      await change(store, (transaction) =>
        transaction.run(
          sql`/* control.forgetPair */ delete from basalt_control.attempts where subject = ${pair}`,
          sql`/* control.takeBackAttempt */
            update basalt_control.attempts set failures = failures - 1
            where subject in (${place}, ${account}) and failures > 0`,
        ),
      )
    },
  }
}

/** Digests: what people type where an address belongs may be a password. */
function subjectsOf(email: string, address: string): Subjects {
  const place = networkOf(address)
  const digest = (...parts: string[]): string =>
    createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
  return {
    pair: digest('pair', email, place),
    address: digest('address', place),
    account: digest('account', email),
  }
}

/** Who has one address of IPv6 has 2^64 of them. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::')
  const front = head.split(':').filter((part) => part !== '')
  const back = tail.split(':').filter((part) => part !== '')
  const groups = address.includes('::')
    ? [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
    : front
  return groups.slice(0, 4).join(':')
}
