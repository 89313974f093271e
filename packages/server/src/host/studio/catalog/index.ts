/** catalog: what a project's database holds. */
export { catalogRoutes } from './catalog-routes.ts'
export { objectRoutes } from './object-routes.ts'
export { catalogErrors } from './errors.ts'
export { columnOf, parseOid, readRelation } from './relation.ts'
export type { Column, ForeignKey, Policy, Relation, RelationKind } from './relation.ts'
export { describeRelation, policiesOf } from './describe-relation.ts'
export { qualified, renderPolicy } from './render-definition.ts'
export { policySchema } from './schemas.ts'
