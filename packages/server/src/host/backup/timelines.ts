/** Marks of timelines: a restored database begins a new one. */
import { BackupError } from './errors.ts'
import { isTimeline, readSealed } from './manifest.ts'
import type { BackupTarget } from './target.ts'

/** How a timeline came about, and when its log began to be stored. */
export interface TimelineMark {
  readonly timeline: number
  readonly startedAt: string
  readonly history: string | null
}

export function timelineName(system: string, timeline: number): string {
  return `${system}/timelines/${String(timeline).padStart(10, '0')}`
}

/** Marks of a cluster's timelines, the first one first. */
export async function readTimelines(
  target: BackupTarget,
  system: string,
): Promise<readonly TimelineMark[]> {
  const marks: TimelineMark[] = []
  for (const { name } of await target.list(`${system}/timelines/`)) {
    const mark = (await readSealed(target, name, null)) as TimelineMark | null
    if (mark === null) continue
    // whoever can write there can write this
    if (!isTimeline(mark.timeline) || name !== timelineName(system, mark.timeline))
      throw new BackupError('damaged', `${name} cannot be used: it is of another timeline.`)
    marks.push(mark)
  }
  return marks.toSorted((one, other) => one.timeline - other.timeline)
}
