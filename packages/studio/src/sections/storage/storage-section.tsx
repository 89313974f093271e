/** Section Storage: buckets, what lies in them, and what is on its way there. */
import './storage.css'
import { Archive, Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import { Badge, Button, EmptyState, ErrorNotice, Loading, SearchField, Split } from '#studio/ui'
import { BucketDialog, RemoveBucket } from './bucket-dialogs.tsx'
import { FolderView } from './folder-view.tsx'
import type { Bucket } from './objects.ts'
import { UploadPanel } from './upload-panel.tsx'

export function StorageSection(): ReactElement {
  const { ref, path, search, go, setSearch } = usePlace()
  const buckets = useProject<readonly Bucket[]>(ref, 'buckets')
  const role = useSession().data?.operator?.role
  const [id, ...folders] = path
  if (buckets.data === undefined)
    return buckets.error === null ? (
      <Loading rows={8} />
    ) : (
      <div className="page-body">
        <ErrorNotice error={buckets.error} onRetry={() => void buckets.refetch()} />
      </div>
    )
  const open = buckets.data.find((bucket) => bucket.id === id)
  const create = (
    <Button
      kind="primary"
      refusal={refusal(role, 'developer')}
      onClick={() => setSearch({ do: 'create' })}
    >
      Create bucket
    </Button>
  )
  const dialog = search['do']
  const close = (): void => setSearch({ do: null })
  return (
    <>
      <Split
        sideLabel="Buckets"
        isOpen={id !== undefined}
        onBack={() => go({ path: [], search: {} })}
        side={<Buckets buckets={buckets.data} open={open} />}
      >
        <div className="storage-main">
          {open !== undefined ? (
            <FolderView key={open.id} projectRef={ref} bucket={open} folders={folders} />
          ) : id !== undefined ? (
            <EmptyState title={`There is no bucket ${id}`}>It may have been deleted.</EmptyState>
          ) : buckets.data.length === 0 ? (
            <EmptyState title="No buckets yet" action={create}>
              A bucket holds files; policies of storage.objects say who may do what with them.
            </EmptyState>
          ) : (
            <EmptyState title="Choose a bucket">Its files and folders are listed here.</EmptyState>
          )}
          <UploadPanel />
        </div>
      </Split>
      {dialog === 'create' && <BucketDialog projectRef={ref} bucket={null} onClose={close} />}
      {dialog === 'edit' && open !== undefined && (
        <BucketDialog projectRef={ref} bucket={open} onClose={close} />
      )}
      {(dialog === 'empty' || dialog === 'delete') && open !== undefined && (
        <RemoveBucket
          projectRef={ref}
          bucket={open}
          isEmptying={dialog === 'empty'}
          onClose={close}
        />
      )}
    </>
  )
}

function Buckets({
  buckets,
  open,
}: {
  readonly buckets: readonly Bucket[]
  readonly open: Bucket | undefined
}): ReactElement {
  const { href, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const [filter, setFilter] = useState('')
  const shown = buckets.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))
  return (
    <>
      <div className="side-head">
        <SearchField
          label="Search buckets"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <Button refusal={refusal(role, 'developer')} onClick={() => setSearch({ do: 'create' })}>
          <Plus size={14} aria-hidden /> Create bucket
        </Button>
      </div>
      <ul className="side-list" aria-label="Buckets">
        {shown.map((bucket) => (
          <li key={bucket.id}>
            <Link
              className="side-item"
              href={href({ path: [bucket.id], search: {} })}
              aria-current={bucket.id === open?.id ? 'page' : undefined}
            >
              <Archive size={14} aria-hidden />
              <span className="truncate">{bucket.name}</span>
              <span className="spacer" />
              {bucket.public && <Badge kind="warn">public</Badge>}
            </Link>
          </li>
        ))}
        {shown.length === 0 && (
          <li className="muted small">
            {buckets.length > 0
              ? 'No bucket is called that.'
              : 'No buckets yet: files are kept in them. Create one.'}
          </li>
        )}
      </ul>
    </>
  )
}
