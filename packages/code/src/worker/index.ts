/** worker: takes jobs and does them. */
export { startWorker } from './run-worker.ts'
export type { RunningWorker } from './run-worker.ts'
