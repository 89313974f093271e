/** Buckets are made, changed, emptied and deleted. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useChange, useForget, useSession } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Button,
  Check,
  ConfirmDialog,
  Dialog,
  ErrorNotice,
  TextField,
  bytes,
  plural,
  toast,
} from '#studio/ui'
import { measure } from './objects.ts'
import type { Bucket, Measure } from './objects.ts'

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** `50 MB` → 50000000; null for none, undefined for what is no size. */
function readSize(text: string): number | null | undefined {
  if (text.trim() === '') return null
  const [, number = '', unit = 'b'] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)?\s*$/i.exec(text) ?? []
  const factor = units[unit.toLowerCase()]
  return number === '' || factor === undefined ? undefined : Math.round(Number(number) * factor)
}

export function BucketDialog({
  projectRef,
  bucket,
  onClose,
}: {
  readonly projectRef: string
  /** Null: a new one. */
  readonly bucket: Bucket | null
  readonly onClose: () => void
}): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const [name, setName] = useState(bucket?.name ?? '')
  const [isPublic, setIsPublic] = useState(bucket?.public ?? false)
  const [size, setSize] = useState(bucket?.file_size_limit ? String(bucket.file_size_limit) : '')
  const [types, setTypes] = useState(bucket?.allowed_mime_types?.join(', ') ?? '')
  const save = useChange(projectRef, ['buckets'])
  const limit = readSize(size)
  const submit = (): void => {
    const body = {
      public: isPublic,
      file_size_limit: limit,
      allowed_mime_types:
        types.trim() === '' ? null : types.split(/[\s,]+/).filter((type) => type !== ''),
    }
    save.mutate(
      bucket === null
        ? { method: 'POST', path: 'buckets', body: { id: name, name, ...body } }
        : { method: 'PUT', path: `buckets/${encodeURIComponent(bucket.id)}`, body },
      {
        onSuccess: () => {
          toast(bucket === null ? `Bucket ${name} created` : `Bucket ${name} saved`)
          if (bucket === null) go({ path: [name], search: {} })
          else onClose()
        },
      },
    )
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={bucket === null ? 'Create bucket' : `Edit bucket ${bucket.name}`}
      onSubmit={submit}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={name.trim() === '' || limit === undefined || save.isPending}
            refusal={refusal(role, 'developer')}
          >
            {bucket === null ? 'Create bucket' : 'Save bucket'}
          </Button>
        </>
      }
    >
      {save.error !== null && <ErrorNotice error={save.error} title="Bucket not saved" />}
      {bucket === null && (
        <TextField
          label="Name"
          help="It is in every address of its files, and cannot be changed."
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <Check
        label="Public: whoever knows an address reads the file, whatever policies say"
        checked={isPublic}
        onChange={(event) => setIsPublic(event.target.checked)}
      />
      <TextField
        label="Largest file"
        help="50 MB, 5 MiB, or bytes. Empty: as large as the project allows."
        value={size}
        problem={limit === undefined ? 'A size is needed: 50 MB' : null}
        onChange={(event) => setSize(event.target.value)}
      />
      <TextField
        label="Allowed types"
        help="image/png, image/*, … Empty: any."
        value={types}
        onChange={(event) => setTypes(event.target.value)}
      />
    </Dialog>
  )
}

const inWords = ({ files, bytes: size, isMore }: Measure): string =>
  `${isMore ? 'more than ' : ''}${plural(files, 'file')} (${bytes(size)})`

export function RemoveBucket({
  projectRef,
  bucket,
  isEmptying,
  onClose,
}: {
  readonly projectRef: string
  readonly bucket: Bucket
  /** It stays, without its files. */
  readonly isEmptying: boolean
  readonly onClose: () => void
}): ReactElement {
  const { go } = usePlace()
  const forget = useForget(projectRef)
  const held = useQuery({
    queryKey: ['measure', projectRef, bucket.id],
    queryFn: ({ signal }) => measure(projectRef, bucket.id, '', signal),
    gcTime: 0,
  })
  const path = projectPath(projectRef, `buckets/${encodeURIComponent(bucket.id)}`)
  const remove = async (): Promise<void> => {
    await call('POST', `${path}/empty`)
    if (!isEmptying) await call('DELETE', path)
    toast(isEmptying ? `${bucket.name} is empty` : `${bucket.name} is deleted`)
    if (isEmptying) onClose()
    else go({ path: [], search: {} })
    await forget('buckets', 'files')
  }
  const isTyped = held.data === undefined || held.data.files > 0
  return (
    <ConfirmDialog
      open
      title={isEmptying ? `Empty ${bucket.name}?` : `Delete bucket ${bucket.name}?`}
      action={isEmptying ? 'Delete all files' : 'Delete bucket'}
      {...(isTyped ? { typed: bucket.name } : {})}
      onClose={onClose}
      onConfirm={remove}
    >
      {held.error !== null
        ? 'What is in it could not be counted. '
        : held.data === undefined
          ? 'What is in it is being counted. '
          : isEmptying
            ? `Deletes ${inWords(held.data)} of ${bucket.name}; the bucket stays. `
            : `Deletes ${bucket.name} and its ${inWords(held.data)}. Policies that name it stay. `}
      This cannot be undone.
    </ConfirmDialog>
  )
}
