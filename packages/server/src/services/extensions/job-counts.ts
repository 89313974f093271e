/** What became of requests and jobs on this node, since the start. */

export interface JobCounts {
  /** `answered` below 400, `refused` from 400 on, `failed` without an answer. */
  readonly net: { answered: number; refused: number; failed: number }
  readonly cron: { succeeded: number; failed: number }
}

export function createJobCounts(): JobCounts {
  return { net: { answered: 0, refused: 0, failed: 0 }, cron: { succeeded: 0, failed: 0 } }
}
