/** realtime: messages and who listens. So far their tables and functions, which applications' SQL stands on. */
export { realtimeLogin, realtimeMigrations } from './realtime-migrations.ts'
export { keepPartitions } from './keep-partitions.ts'
export type { PartitionKeeper, PartitionKeeperOptions } from './keep-partitions.ts'
