/** What is in a folder, each with what can be done to it. */
import { Ellipsis, File, Folder } from 'lucide-react'
import type { ReactElement } from 'react'
import { Link, usePlace } from '#studio/place'
import { DataTable, IconButton, Menu, ago, bytes, clockTime } from '#studio/ui'
import type { Column } from '#studio/ui'
import { download, lastPart, objectPath } from './objects.ts'
import type { Bucket, Entry } from './objects.ts'

export type Asked =
  | { readonly kind: 'delete'; readonly entries: readonly Entry[] }
  | { readonly kind: 'move' | 'copy'; readonly entry: Entry }
  | { readonly kind: 'folder' }

export function Entries({
  projectRef,
  bucket,
  entries,
  chosen,
  refused,
  onChoose,
  onAsk,
}: {
  readonly projectRef: string
  readonly bucket: Bucket
  readonly entries: readonly Entry[]
  readonly chosen: ReadonlySet<string>
  readonly refused: string | null
  readonly onChoose: (names: ReadonlySet<string>) => void
  readonly onAsk: (asked: Asked) => void
}): ReactElement {
  const { go, href, search, setSearch } = usePlace()
  const folderPath = (name: string): string[] => [bucket.id, ...name.replace(/\/$/, '').split('/')]
  const toggle = (name: string): void => {
    const next = new Set(chosen)
    if (!next.delete(name)) next.add(name)
    onChoose(next)
  }
  const columns: readonly Column<Entry>[] = [
    {
      name: 'Chosen',
      width: 32,
      cell: ({ name }) => (
        <input
          type="checkbox"
          aria-label={`Choose ${lastPart(name)}`}
          checked={chosen.has(name)}
          onChange={() => toggle(name)}
        />
      ),
    },
    {
      name: 'Name',
      sort: ({ name }) => lastPart(name),
      cell: ({ name, object }) => (
        <Link
          className="row entry-name"
          href={
            object === null
              ? href({ path: folderPath(name), search: {} })
              : href({ search: { ...search, file: name } })
          }
        >
          {object === null ? (
            <Folder size={15} aria-label="Folder" />
          ) : (
            <File size={15} aria-hidden />
          )}
          <span>{lastPart(name)}</span>
        </Link>
      ),
    },
    {
      name: 'Size',
      align: 'number',
      sort: ({ object }) => object?.metadata?.size ?? -1,
      cell: ({ object }) => (object === null ? '' : bytes(object.metadata?.size ?? 0)),
    },
    { name: 'Type', cell: ({ object }) => object?.metadata?.mimetype ?? '' },
    {
      name: 'Changed',
      sort: ({ object }) => object?.updated_at ?? '',
      cell: ({ object }) =>
        object !== null && (
          <span className="entry-time" title={clockTime(object.updated_at)}>
            {ago(object.updated_at)}
          </span>
        ),
    },
    {
      name: '',
      align: 'number',
      cell: (entry) => (
        <Menu
          trigger={
            <IconButton
              size="small"
              label={`Actions of ${lastPart(entry.name)}`}
              icon={<Ellipsis size={15} />}
            />
          }
          entries={actionsOf(entry)}
        />
      ),
    },
  ]
  const actionsOf = (entry: Entry) => {
    const disabled = refused !== null
    const change = [
      {
        label: 'Move or rename',
        disabled,
        onSelect: () => onAsk({ kind: 'move', entry }),
      },
      {
        label: 'Delete',
        danger: true,
        disabled,
        onSelect: () => onAsk({ kind: 'delete', entries: [entry] }),
      },
    ]
    if (entry.object === null) return change
    return [
      { label: 'Open', onSelect: () => setSearch({ file: entry.name }) },
      {
        label: 'Download',
        onSelect: () => download(objectPath(projectRef, bucket.id, entry.name), entry.name),
      },
      { label: 'Copy to', disabled, onSelect: () => onAsk({ kind: 'copy', entry }) },
      ...change,
    ]
  }
  return (
    <DataTable
      label={`Files of ${bucket.name}`}
      columns={columns}
      rows={entries}
      rowKey={({ name }) => name}
      isSelected={({ name }) => chosen.has(name)}
      onOpen={({ name, object }) =>
        object === null ? go({ path: folderPath(name), search: {} }) : setSearch({ file: name })
      }
    />
  )
}
