/** operators: the people who run the fleet, how they are known, and what they may do. */
export { createOperators } from './operators.ts'
export type { Member, Operator, Operators } from './operators.ts'
export { createSessions, roleIn } from './sessions.ts'
export type { Caller, NewToken, Sessions, Token } from './sessions.ts'
