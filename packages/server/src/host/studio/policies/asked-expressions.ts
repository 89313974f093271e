/** Which expressions of which policies an operation is decided by. */
import type { Policy, Relation } from '#host/studio/catalog'
import type { Operation } from './question.ts'

export interface Asked {
  readonly policy: Policy
  /** On the row that is there, or on the one that would be. */
  readonly on: 'existing row' | 'new row'
  readonly kind: 'using' | 'check'
  readonly expression: string
  /** Those of one group decide together: SELECT is asked besides, where rows are read to be written. */
  readonly group: string
}

type Command = Policy['command']

/** As Postgres asks them for a statement that names rows in its WHERE. */
export function askedExpressions(
  relation: Relation,
  names: readonly string[],
  operation: Operation,
): Asked[] {
  const own = relation.policies.filter(({ name }) => names.includes(name))
  const ask = (command: Command, on: Asked['on'], kind: Asked['kind']): Asked[] =>
    own
      .filter((policy) => policy.command === command || policy.command === 'ALL')
      .flatMap((policy) => {
        const expression = kind === 'using' ? policy.using : (policy.check ?? policy.using)
        const group = `${command} on the ${on}`
        return expression === null ? [] : [{ policy, on, kind, expression, group }]
      })
  switch (operation) {
    case 'select':
      return ask('SELECT', 'existing row', 'using')
    case 'insert':
      return ask('INSERT', 'new row', 'check')
    case 'update':
      return [
        ...ask('SELECT', 'existing row', 'using'),
        ...ask('UPDATE', 'existing row', 'using'),
        ...ask('UPDATE', 'new row', 'check'),
        ...ask('SELECT', 'new row', 'using'),
      ]
    case 'delete':
      return [...ask('SELECT', 'existing row', 'using'), ...ask('DELETE', 'existing row', 'using')]
  }
}

/** Groups that must each let the row pass, with policies or without. */
export function groupsOf(operation: Operation, hasNewRow: boolean): string[] {
  const groups = {
    select: ['SELECT on the existing row'],
    insert: ['INSERT on the new row'],
    update: [
      'SELECT on the existing row',
      'UPDATE on the existing row',
      'UPDATE on the new row',
      'SELECT on the new row',
    ],
    delete: ['SELECT on the existing row', 'DELETE on the existing row'],
  }[operation]
  return groups.filter((group) => hasNewRow || !group.endsWith('new row'))
}
