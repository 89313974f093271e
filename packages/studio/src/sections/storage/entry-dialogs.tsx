/** What is done to files and folders; folders part by part, so that it can be stopped. */
import { useEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath } from '#studio/api'
import { Button, Dialog, ErrorNotice, Notice, TextField, bytes, plural } from '#studio/ui'
import { TaskProgress, useTask } from './use-task.tsx'
import { deleteFolder, lastPart, measure, moveFolder } from './objects.ts'
import type { Bucket, Entry, Measure } from './objects.ts'

interface EntryDialogProps {
  readonly projectRef: string
  readonly bucket: Bucket
  readonly onClose: () => void
  readonly onDone: () => void
}

export function DeleteEntries({
  projectRef,
  bucket,
  entries,
  onClose,
  onDone,
}: EntryDialogProps & { readonly entries: readonly Entry[] }): ReactElement {
  const [held, setHeld] = useState<Measure | null>(null)
  const { task, error, begin, cancel } = useTask(onDone)
  const cancelButton = useRef<HTMLButtonElement>(null)
  const folders = entries.filter(({ object }) => object === null)
  const files = entries.filter(({ object }) => object !== null)
  useEffect(() => {
    const control = new AbortController()
    const below = entries.filter(({ object }) => object === null)
    const single = entries.filter(({ object }) => object !== null)
    const add = (sum: Measure, one: Measure): Measure => ({
      files: sum.files + one.files,
      bytes: sum.bytes + one.bytes,
      isMore: sum.isMore || one.isMore,
    })
    const start: Measure = {
      files: single.length,
      bytes: single.reduce((sum, { object }) => sum + (object?.metadata?.size ?? 0), 0),
      isMore: false,
    }
    Promise.all(below.map(({ name }) => measure(projectRef, bucket.id, name, control.signal))).then(
      (measures) => setHeld(measures.reduce(add, start)),
      () => {},
    )
    return () => control.abort()
  }, [projectRef, bucket.id, entries])
  const remove = (): Promise<void> =>
    begin(
      held === null || held.isMore ? null : held.files,
      async (onFiles, signal) => {
        for (const { name } of folders) {
          if (signal.aborted) return
          await deleteFolder(projectRef, bucket.id, name, onFiles, signal)
        }
        if (files.length === 0 || signal.aborted) return
        await call(
          'DELETE',
          projectPath(projectRef, `storage/object/${encodeURIComponent(bucket.id)}`),
          {
            body: { prefixes: files.map(({ name }) => name) },
          },
        )
        onFiles(files.length)
      },
      (done, wasCancelled) =>
        wasCancelled
          ? `Cancelled: ${plural(done, 'file')} deleted, the rest stays`
          : `${plural(done, 'file')} deleted`,
    )
  const what = entries.length === 1 ? lastPart(entries[0]?.name ?? '') : `${entries.length} entries`
  return (
    <Dialog
      open
      onClose={task === null ? onClose : cancel}
      title={`Delete ${what}?`}
      initialFocus={cancelButton}
      foot={
        <>
          <button
            type="button"
            className="button"
            ref={cancelButton}
            onClick={task === null ? onClose : cancel}
          >
            Cancel
          </button>
          <Button kind="danger" disabled={task !== null} onClick={() => void remove()}>
            {held === null ? 'Delete' : `Delete ${plural(held.files, 'file')}`}
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} title="Not all was deleted" />}
      {task === null ? (
        <p>
          {held === null
            ? 'What is in it is being counted.'
            : `Deletes ${held.isMore ? 'more than ' : ''}${plural(held.files, 'file')} (${bytes(held.bytes)}).`}{' '}
          This cannot be undone.
        </p>
      ) : (
        <TaskProgress task={task} />
      )}
    </Dialog>
  )
}

export function MoveEntry({
  projectRef,
  bucket,
  entry,
  onClose,
  onDone,
}: EntryDialogProps & { readonly entry: Entry }): ReactElement {
  const isFolder = entry.object === null
  const now = entry.name.replace(/\/$/, '')
  const [to, setTo] = useState(now)
  const [inBucket, setInBucket] = useState(bucket.id)
  const { task, error, begin, cancel } = useTask(onDone)
  const wanted = to.replace(/^\/+|\/+$/g, '')
  const isSame = wanted === now && inBucket === bucket.id
  const move = async (): Promise<void> => {
    const target = { bucket: inBucket, prefix: `${wanted}/` }
    if (!isFolder) {
      await begin(
        1,
        async (onFiles) => {
          await call('POST', projectPath(projectRef, 'storage/move'), {
            body: {
              bucketId: bucket.id,
              sourceKey: entry.name,
              destinationKey: wanted,
              destinationBucket: inBucket,
            },
          })
          onFiles(1)
        },
        () => `Moved to ${inBucket}/${wanted}`,
      )
      return
    }
    const held = await measure(projectRef, bucket.id, entry.name).catch(() => null)
    await begin(
      held === null || held.isMore ? null : held.files,
      (onFiles, signal) => moveFolder(projectRef, bucket.id, entry.name, target, onFiles, signal),
      (done, wasCancelled) =>
        wasCancelled
          ? `Cancelled: ${plural(done, 'file')} moved, the rest stays where it was`
          : `${plural(done, 'file')} moved to ${inBucket}/${wanted}`,
    )
  }
  return (
    <Dialog
      open
      onClose={task === null ? onClose : cancel}
      title={`Move ${lastPart(entry.name)}`}
      onSubmit={() => void move()}
      foot={
        <>
          <Button onClick={task === null ? onClose : cancel}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={task !== null || wanted === '' || isSame}>
            Move
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} title="Not all was moved" />}
      <TextField
        label="Bucket"
        value={inBucket}
        onChange={(event) => setInBucket(event.target.value)}
      />
      <TextField
        label={isFolder ? 'Folder' : 'Name'}
        help="With its folders: those that are not there yet are made."
        mono
        value={to}
        onChange={(event) => setTo(event.target.value)}
      />
      {isFolder && <Notice>Addresses and links of the files below change.</Notice>}
      {task !== null && <TaskProgress task={task} />}
    </Dialog>
  )
}

export function CopyObject({
  projectRef,
  bucket,
  entry,
  onClose,
  onDone,
}: EntryDialogProps & { readonly entry: Entry }): ReactElement {
  const [to, setTo] = useState(entry.name)
  const { task, error, begin } = useTask(onDone)
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Copy ${lastPart(entry.name)}`}
      onSubmit={() =>
        void begin(
          1,
          async () => {
            await call('POST', projectPath(projectRef, 'storage/copy'), {
              body: { bucketId: bucket.id, sourceKey: entry.name, destinationKey: to },
            })
          },
          () => `Copied to ${to}`,
        )
      }
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={task !== null || to === '' || to === entry.name}
          >
            Copy
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} title="Not copied" />}
      <TextField
        label="To"
        help="With its folders, in the same bucket."
        mono
        value={to}
        onChange={(event) => setTo(event.target.value)}
      />
    </Dialog>
  )
}

export function NewFolder({
  onClose,
  onCreate,
}: {
  readonly onClose: () => void
  readonly onCreate: (name: string) => Promise<void>
}): ReactElement {
  const [name, setName] = useState('')
  const [error, setError] = useState<unknown>(null)
  const isBad = name.includes('/')
  return (
    <Dialog
      open
      onClose={onClose}
      title="New folder"
      onSubmit={() => {
        setError(null)
        onCreate(name.trim()).catch(setError)
      }}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={name.trim() === '' || isBad}>
            Create folder
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} title="Folder not created" />}
      <TextField
        label="Name"
        value={name}
        problem={isBad ? 'One folder at a time: without a slash' : null}
        onChange={(event) => setName(event.target.value)}
      />
    </Dialog>
  )
}
