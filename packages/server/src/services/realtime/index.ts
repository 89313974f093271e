/** realtime: channels over WebSockets, who is present, and changes of rows to those who may see them. */
export { realtimeLogin, realtimeMigrations } from './realtime-migrations.ts'
export { keepPartitions } from './keep-partitions.ts'
export type { PartitionKeeper, PartitionKeeperOptions } from './keep-partitions.ts'
export { createRealtime, createStats } from './realtime-service.ts'
export type { RealtimeOptions } from './realtime-service.ts'
export type { RealtimeStats } from '#services/realtime/channel'
