/** One folder: what is in it, what is dropped on it. */
import { Ellipsis, FolderPlus, ShieldCheck, Trash2, Upload } from 'lucide-react'
import { useRef, useState } from 'react'
import type { DragEvent, ReactElement } from 'react'
import { call, refusal, useForget, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Button,
  Check,
  EmptyState,
  ErrorNotice,
  IconButton,
  Loading,
  Menu,
  SearchField,
  plural,
  toast,
} from '#studio/ui'
import { chosenFiles, droppedFiles } from './dropped-files.ts'
import { CopyObject, DeleteEntries, MoveEntry, NewFolder } from './entry-dialogs.tsx'
import { Entries } from './entry-table.tsx'
import type { Asked } from './entry-table.tsx'
import { ObjectSheet } from './object-sheet.tsx'
import { lastPart, objectPath, placeholder, useFolder } from './objects.ts'
import type { Bucket, Entry } from './objects.ts'
import { addUploads } from './uploads.ts'
import type { Chosen } from './uploads.ts'

interface FolderProps {
  readonly projectRef: string
  readonly bucket: Bucket
  readonly folders: readonly string[]
}

export function FolderView({ projectRef, bucket, folders }: FolderProps): ReactElement {
  const { search, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'developer')
  const forget = useForget(projectRef)
  const prefix = folders.map((folder) => `${folder}/`).join('')
  const begins = search['begins'] ?? ''
  const folder = useFolder(projectRef, bucket.id, prefix, begins)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<Asked | null>(null)
  const [replaces, setReplaces] = useState(false)
  const [isOver, setIsOver] = useState(false)
  const entries = (folder.data?.pages ?? []).flatMap((page): Entry[] => [
    ...page.folders.map(({ name }) => ({ name, object: null })),
    ...page.objects
      .filter(({ name }) => lastPart(name) !== placeholder)
      .map((object) => ({ name: object.name, object })),
  ])
  const selected = entries.filter(({ name }) => chosen.has(name))
  const upload = (files: readonly Chosen[]): void =>
    addUploads({ ref: projectRef, bucket: bucket.id, replaces }, files)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(false)
    if (refused !== null) return toast(refused, { kind: 'danger' })
    droppedFiles(event.dataTransfer, prefix).then(upload, (error: unknown) =>
      toast(error instanceof Error ? error.message : String(error), { kind: 'danger' }),
    )
  }
  const done = (): void => {
    setAsked(null)
    setChosen(new Set())
    void forget('files')
  }
  const makeFolder = async (name: string): Promise<void> => {
    await call('POST', objectPath(projectRef, bucket.id, `${prefix}${name}/${placeholder}`), {
      body: '',
      contentType: 'application/octet-stream',
    })
    done()
  }
  const dialog = { projectRef, bucket, onClose: () => setAsked(null), onDone: done }
  return (
    <>
      <Head bucket={bucket} folders={folders} />
      <div className="toolbar">
        <UploadButtons refused={refused} prefix={prefix} onFiles={upload} />
        <Button refusal={refused} onClick={() => setAsked({ kind: 'folder' })}>
          <FolderPlus size={15} aria-hidden /> New folder
        </Button>
        <Check
          label="Replace files of the same name"
          checked={replaces}
          onChange={(event) => setReplaces(event.target.checked)}
        />
        <span className="spacer" />
        {selected.length > 0 && (
          <Button
            kind="danger"
            refusal={refused}
            onClick={() => setAsked({ kind: 'delete', entries: selected })}
          >
            <Trash2 size={14} aria-hidden /> Delete {plural(selected.length, 'entry', 'entries')}
          </Button>
        )}
        <SearchField
          label="Names that begin with"
          value={begins}
          onChange={({ target: { value } }) =>
            setSearch({ begins: value === '' ? null : value }, { replace: true })
          }
        />
      </div>
      <div
        className={isOver ? 'drop-zone over' : 'drop-zone'}
        onDragOver={(event) => {
          event.preventDefault()
          setIsOver(true)
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        {folder.error !== null && (
          <ErrorNotice error={folder.error} onRetry={() => void folder.refetch()} />
        )}
        {folder.data === undefined && folder.error === null && <Loading />}
        {folder.data !== undefined && entries.length === 0 && (
          <EmptyState title={begins === '' ? 'Nothing is in here' : 'Nothing begins with that'}>
            Drop files or folders here.
          </EmptyState>
        )}
        {entries.length > 0 && (
          <Entries
            projectRef={projectRef}
            bucket={bucket}
            entries={entries}
            chosen={chosen}
            refused={refused}
            onChoose={setChosen}
            onAsk={setAsked}
          />
        )}
        {folder.hasNextPage && (
          <Button disabled={folder.isFetching} onClick={() => void folder.fetchNextPage()}>
            Show more
          </Button>
        )}
      </div>
      {asked?.kind === 'folder' && (
        <NewFolder onClose={() => setAsked(null)} onCreate={makeFolder} />
      )}
      {asked?.kind === 'delete' && <DeleteEntries {...dialog} entries={asked.entries} />}
      {asked?.kind === 'move' && <MoveEntry {...dialog} entry={asked.entry} />}
      {asked?.kind === 'copy' && <CopyObject {...dialog} entry={asked.entry} />}
      {search['file'] !== undefined && (
        <ObjectSheet
          key={search['file']}
          projectRef={projectRef}
          bucket={bucket}
          name={search['file']}
          onClose={() => setSearch({ file: null })}
        />
      )}
    </>
  )
}

function Head({ bucket, folders }: Omit<FolderProps, 'projectRef'>): ReactElement {
  const { href, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const isRefused = refusal(role, 'developer') !== null
  return (
    <div className="toolbar">
      <nav className="row wrap crumbs" aria-label="Folders">
        {[bucket.id, ...folders].map((part, index, all) => (
          <span key={all.slice(0, index + 1).join('/')} className="row">
            {index > 0 && <span className="muted">/</span>}
            <Link
              href={href({ path: all.slice(0, index + 1), search: {} })}
              aria-current={index === all.length - 1 ? 'page' : undefined}
            >
              {part}
            </Link>
          </span>
        ))}
      </nav>
      <span className="spacer" />
      <Link
        className="button quiet"
        href={href({ section: 'policies', path: [], search: { schema: 'storage' } })}
      >
        <ShieldCheck size={15} aria-hidden /> Policies
      </Link>
      <Menu
        trigger={<IconButton label="Actions of the bucket" icon={<Ellipsis size={16} />} />}
        entries={[
          {
            label: 'Edit bucket',
            disabled: isRefused,
            onSelect: () => setSearch({ do: 'edit' }),
          },
          {
            label: 'Empty bucket',
            danger: true,
            disabled: isRefused,
            onSelect: () => setSearch({ do: 'empty' }),
          },
          {
            label: 'Delete bucket',
            danger: true,
            disabled: isRefused,
            onSelect: () => setSearch({ do: 'delete' }),
          },
        ]}
      />
    </div>
  )
}

function UploadButtons({
  refused,
  prefix,
  onFiles,
}: {
  readonly refused: string | null
  readonly prefix: string
  readonly onFiles: (files: readonly Chosen[]) => void
}): ReactElement {
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const read = (input: HTMLInputElement): void => {
    onFiles(chosenFiles(input.files, prefix))
    input.value = ''
  }
  return (
    <>
      <Button kind="primary" refusal={refused} onClick={() => files.current?.click()}>
        <Upload size={15} aria-hidden /> Upload files
      </Button>
      <Button refusal={refused} onClick={() => folder.current?.click()}>
        Upload folder
      </Button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => read(event.target)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder to upload"
        {...{ webkitdirectory: '' }}
        onChange={(event) => read(event.target)}
      />
    </>
  )
}
