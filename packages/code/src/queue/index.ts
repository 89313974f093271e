/** queue: durable jobs, claimed under a lease. */
export { delayOf, endJob, readDepth, recoverJobs, releaseJob, retryJob } from './end-job.ts'
export type { QueueDepth } from './end-job.ts'
export { addEvent, beat, Cancelled, claimJob, enqueue, holdLease, LeaseLost } from './job-queue.ts'
export type { Job } from './job-queue.ts'
export { sweepHistory } from './sweep-history.ts'
