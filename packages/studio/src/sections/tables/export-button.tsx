/** The rows as a file, as they are filtered and sorted; the server streams it. */
import { Download } from 'lucide-react'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { callRaw, projectPath } from '#studio/api'
import type { Relation } from '#studio/catalog'
import type { GridSort } from '#studio/data-grid'
import type { Identity } from '#studio/people'
import { Button, Menu, bytes, saveFile, toast } from '#studio/ui'
import { actingAs } from './use-rows.ts'
import type { Filter } from './view-state.ts'

type Format = 'csv' | 'json' | 'sql'

export function ExportButton({
  projectRef,
  relation,
  filters,
  sort,
  identity,
}: {
  readonly projectRef: string
  readonly relation: Relation
  readonly filters: readonly Filter[]
  readonly sort: readonly GridSort[]
  readonly identity: Identity
}): ReactElement {
  const [progress, setProgress] = useState<number | null>(null)
  const running = useRef<AbortController | null>(null)
  const save = async (format: Format, spreadsheet_safe = false): Promise<void> => {
    const controller = (running.current = new AbortController())
    setProgress(0)
    try {
      const response = await callRaw(
        'POST',
        projectPath(projectRef, `relations/${relation.oid}/export`),
        {
          body: { format, filters, sort, spreadsheet_safe, ...actingAs(identity) },
          signal: controller.signal,
        },
      )
      await download(response, `${relation.schema}.${relation.name}.${format}`, setProgress)
    } catch (error) {
      if (!controller.signal.aborted)
        toast(`Not exported: ${error instanceof Error ? error.message : String(error)}`, {
          kind: 'danger',
        })
    }
    setProgress(null)
  }
  if (progress !== null)
    return (
      <Button size="small" onClick={() => running.current?.abort()}>
        {bytes(progress)} · Cancel
      </Button>
    )
  return (
    <Menu
      trigger={
        <Button size="small">
          <Download size={14} aria-hidden /> Export
        </Button>
      }
      entries={[
        { label: 'CSV', onSelect: () => void save('csv') },
        { label: 'CSV, safe in spreadsheets', onSelect: () => void save('csv', true) },
        { label: 'JSON', onSelect: () => void save('json') },
        { label: 'SQL (INSERT)', onSelect: () => void save('sql') },
      ]}
    />
  )
}

async function download(
  response: Response,
  name: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const chunks: BlobPart[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) break
    chunks.push(part.value)
    size += part.value.byteLength
    onBytes(size)
  }
  saveFile(chunks, name, 'application/octet-stream')
}
