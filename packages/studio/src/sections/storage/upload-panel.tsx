/** Uploads that go on while one looks at something else. */
import { RotateCw, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { useForget } from '#studio/api'
import { usePlace } from '#studio/place'
import { Button, IconButton, Notice, Progress, bytes, plural } from '#studio/ui'
import {
  cancelUpload,
  cancelUploads,
  clearUploads,
  onUploaded,
  retryUpload,
  useInterrupted,
  useUploads,
} from './uploads.ts'
import type { Upload } from './uploads.ts'

const maxLines = 100

export function UploadPanel(): ReactElement | null {
  const { ref } = usePlace()
  const forget = useForget(ref)
  const latest = useRef(forget)
  const uploads = useUploads()
  const interrupted = useInterrupted()
  useEffect(() => {
    latest.current = forget
  })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null
    // many small files end at once: the list is read again once
    const stop = onUploaded(() => {
      timer ??= setTimeout(() => {
        timer = null
        void latest.current('files')
      }, 500)
    })
    return () => {
      stop()
      if (timer !== null) clearTimeout(timer)
    }
  }, [])
  if (uploads.length === 0 && interrupted === 0) return null
  const open = uploads.filter(({ state }) => state === 'waiting' || state === 'running')
  const counted = uploads.filter(({ state }) => state !== 'cancelled')
  const size = counted.reduce((sum, upload) => sum + upload.size, 0)
  const sent = counted.reduce((sum, upload) => sum + upload.sent, 0)
  const done = uploads.filter(({ state }) => state === 'done').length
  const failed = uploads.filter(({ state }) => state === 'failed').length
  // what moves or went wrong first
  const lines = uploads.toSorted((a, b) => order[a.state] - order[b.state]).slice(0, maxLines)
  return (
    <section className="uploads" aria-label="Uploads">
      {interrupted > 0 && (
        <Notice
          kind="warn"
          actions={
            <Button size="small" onClick={clearUploads}>
              Forget them
            </Button>
          }
        >
          {plural(interrupted, 'upload')} interrupted by a reload. Drop the same files again: they
          go on where they stopped.
        </Notice>
      )}
      {uploads.length > 0 && (
        <>
          <div className="row wrap" role="status">
            <strong>
              {done} of {plural(counted.length, 'file')}
            </strong>
            <span className="muted">
              {bytes(sent)} of {bytes(size)}
              {failed > 0 && ` · ${failed} failed`}
            </span>
            <span className="spacer" />
            {open.length > 0 ? (
              <Button size="small" onClick={cancelUploads}>
                Cancel all
              </Button>
            ) : (
              <Button size="small" onClick={clearUploads}>
                Close
              </Button>
            )}
          </div>
          <Progress done={size === 0 ? 1 : sent / size} label="All uploads" />
          <ul className="upload-lines" aria-label="Files">
            {lines.map((upload) => (
              <Line key={upload.key} upload={upload} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

const order = { running: 0, failed: 1, waiting: 2, cancelled: 3, done: 4 }

function Line({ upload }: { readonly upload: Upload }): ReactElement {
  const { key, name, size, sent, state, problem } = upload
  const isOpen = state === 'waiting' || state === 'running'
  return (
    <li className="row">
      <span className="truncate upload-name" title={name}>
        {name}
      </span>
      <span className={state === 'failed' ? 'upload-problem small' : 'muted small'}>
        {problem ??
          (state === 'running' && size > 0 ? `${Math.floor((sent / size) * 100)} %` : state)}
      </span>
      {isOpen && (
        <IconButton
          size="small"
          label={`Cancel ${name}`}
          icon={<X size={13} />}
          onClick={() => cancelUpload(key)}
        />
      )}
      {(state === 'failed' || state === 'cancelled') && (
        <IconButton
          size="small"
          label={`Retry ${name}`}
          icon={<RotateCw size={13} />}
          onClick={() => retryUpload(key)}
        />
      )}
    </li>
  )
}
