/** replicas: reads on read replicas that have seen what their caller wrote. */
export { openReplicas } from './open-replicas.ts'
export type { ReplicaSet } from './replica-set.ts'
