/** Work on many files: how far it is, and its end. */
import { useEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Progress, count, plural, toast } from '#studio/ui'

export interface Task {
  readonly done: number
  readonly total: number | null
}

/** Work on many files. What was done before it is cancelled stays done. */
export function useTask(onDone: () => void) {
  const [task, setTask] = useState<Task | null>(null)
  const [error, setError] = useState<unknown>(null)
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const begin = async (
    total: number | null,
    work: (onFiles: (files: number) => void, signal: AbortSignal) => Promise<void>,
    said: (files: number, wasCancelled: boolean) => string,
  ): Promise<void> => {
    const control = (stop.current = new AbortController())
    let done = 0
    setError(null)
    setTask({ done, total })
    try {
      await work((files) => {
        done += files
        setTask({ done, total })
      }, control.signal)
      toast(said(done, control.signal.aborted))
      onDone()
    } catch (caught) {
      setTask(null)
      setError(caught)
    }
  }
  return { task, error, begin, cancel: () => stop.current?.abort() }
}

export function TaskProgress({ task }: { readonly task: Task }): ReactElement {
  const { done, total } = task
  return (
    <div className="stack tight" role="status">
      <Progress done={total === null || total === 0 ? null : done / total} label="Files" />
      <span className="muted small">
        {count(done)}
        {total === null ? ' files' : ` of ${plural(total, 'file')}`}
      </span>
    </div>
  )
}
