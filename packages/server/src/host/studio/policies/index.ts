/** policies: whom they let do what, and why. */
export { policiesRoutes } from './policies-routes.ts'
export { policiesErrors } from './errors.ts'
export { explainPolicies } from './explain-policies.ts'
export type { PolicyExplanation, PolicyVerdict, RowVerdict } from './explain-policies.ts'
export type { PolicyAdvice, PolicyCost } from './measure-policies.ts'
export { policyPatterns } from './patterns.ts'
export type { PolicyQuestion } from './question.ts'
export type { ValuedTree } from './split-expression.ts'
