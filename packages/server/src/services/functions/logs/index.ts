/** functions/logs: what functions said lately. */
export { MemoryLogs } from './memory-logs.ts'
