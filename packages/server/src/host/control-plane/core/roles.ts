/** What operators may do, each role all that the one before may. */
export const operatorRoles = ['read-only', 'developer', 'admin', 'owner'] as const

export type OperatorRole = (typeof operatorRoles)[number]

export function isAtLeast(role: OperatorRole, least: OperatorRole): boolean {
  return operatorRoles.indexOf(role) >= operatorRoles.indexOf(least)
}

export function lesserRole(one: OperatorRole, other: OperatorRole): OperatorRole {
  return isAtLeast(one, other) ? other : one
}
