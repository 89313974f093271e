/** A file on its way into a table: sent, asked how far it is, stopped. */
import { useRef, useState } from 'react'
import { call, callRaw, projectPath } from '#studio/api'
import type { Relation } from '#studio/catalog'
import type { GridColumn } from '#studio/data-grid'
import { count, plural, toast } from '#studio/ui'

export interface ImportSheetProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly columns: readonly GridColumn[]
  readonly onClose: () => void
  readonly onDone: () => void
}

/** How the file is to be read. */
export interface ImportSettings {
  readonly delimiter: string
  readonly header: boolean
  readonly encoding: string
  readonly nullText: string
  readonly onConflict: 'error' | 'skip' | 'update'
}

interface Running {
  readonly id: string
  readonly done: number
  readonly startedMs: number
}

export function useImport(
  { projectRef, relation, onClose, onDone }: ImportSheetProps,
  setError: (error: unknown) => void,
) {
  const [running, setRunning] = useState<Running | null>(null)
  const controller = useRef<AbortController | null>(null)
  const begin = async (
    file: File,
    settings: ImportSettings,
    targets: readonly (string | null)[],
  ): Promise<void> => {
    const id = crypto.randomUUID()
    const startedMs = Date.now()
    controller.current = new AbortController()
    setError(null)
    setRunning({ id, done: 0, startedMs })
    const timer = setInterval(() => {
      call<{ bytes: number }>('GET', projectPath(projectRef, `imports/${id}`)).then(
        ({ bytes: done }) => setRunning((now) => (now === null ? null : { ...now, done })),
        () => {},
      )
    }, 500)
    try {
      const response = await callRaw(
        'POST',
        projectPath(projectRef, `relations/${relation.oid}/import`),
        {
          query: {
            id,
            columns: JSON.stringify(targets),
            header: settings.header,
            delimiter: settings.delimiter,
            null: settings.nullText,
            encoding: settings.encoding,
            on_conflict: settings.onConflict,
          },
          body: file,
          contentType: 'text/csv',
          signal: controller.current.signal,
        },
      )
      const { rows } = (await response.json()) as { rows: number }
      toast(
        `${plural(rows, 'row')} imported in ${count(Math.round((Date.now() - startedMs) / 1000))} s`,
      )
      onDone()
      onClose()
    } catch (error) {
      if (controller.current.signal.aborted) toast('The import was cancelled: no row was kept')
      else setError(error)
    } finally {
      clearInterval(timer)
      setRunning(null)
    }
  }
  const cancel = (): void => {
    if (running !== null)
      call('DELETE', projectPath(projectRef, `imports/${running.id}`)).catch(() => {})
    controller.current?.abort()
  }
  return { running, begin, cancel }
}
