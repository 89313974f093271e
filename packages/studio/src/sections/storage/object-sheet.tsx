/** One file: a picture is shown, text is text, everything else is downloaded. */
import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { callRaw, refusal, useChange, useProject, useSession } from '#studio/api'
import {
  Button,
  CodeSample,
  ErrorNotice,
  Facts,
  KeyField,
  Loading,
  Select,
  Sheet,
  bytes,
  clockTime,
} from '#studio/ui'
import { download, lastPart, objectPath } from './objects.ts'
import type { Bucket } from './objects.ts'

interface Info {
  readonly size?: number
  readonly content_type?: string
  readonly etag?: string
  readonly cache_control?: string
  readonly created_at?: string
  readonly last_modified?: string
  readonly metadata?: Readonly<Record<string, unknown>> | null
}

interface ObjectProps {
  readonly projectRef: string
  readonly bucket: Bucket
  readonly name: string
}

const textual = /^(?:text\/|application\/(?:json|xml|javascript|sql|toml|yaml)|image\/svg)/
const maxTextBytes = 200_000

export function ObjectSheet({
  projectRef,
  bucket,
  name,
  onClose,
}: ObjectProps & { readonly onClose: () => void }): ReactElement {
  const path = `storage/info/${encodeURIComponent(bucket.id)}/${encodeURIComponent(name)}` as const
  const info = useProject<Info>(projectRef, path, { keepsOld: false })
  const address = objectPath(projectRef, bucket.id, name)
  const type = info.data?.content_type ?? ''
  const size = info.data?.size ?? 0
  return (
    <Sheet
      open
      wide
      onClose={onClose}
      title={lastPart(name)}
      foot={
        <Button onClick={() => download(address, name)}>
          <Download size={15} aria-hidden /> Download
        </Button>
      }
    >
      {info.error !== null && (
        <ErrorNotice error={info.error} onRetry={() => void info.refetch()} />
      )}
      {info.data === undefined && info.error === null && <Loading rows={4} />}
      {info.data !== undefined && (
        <>
          {type.startsWith('image/') && (
            <img className="preview" src={address} alt={`${lastPart(name)} as a picture`} />
          )}
          {textual.test(type) && <TextOf address={address} name={name} size={size} />}
          <Facts
            facts={[
              ['Name', name],
              ['Size', bytes(size)],
              ['Type', type],
              ['Changed', clockTime(info.data.last_modified ?? info.data.created_at ?? '')],
              ['Cached', info.data.cache_control ?? ''],
              ['ETag', info.data.etag ?? ''],
            ]}
          />
          <Links projectRef={projectRef} bucket={bucket} name={name} />
        </>
      )}
    </Sheet>
  )
}

function TextOf({
  address,
  name,
  size,
}: {
  readonly address: string
  readonly name: string
  readonly size: number
}): ReactElement {
  const text = useQuery({
    queryKey: ['text of file', address],
    queryFn: async ({ signal }) => {
      const range = { range: `bytes=0-${maxTextBytes - 1}` }
      const response = await callRaw('GET', address, {
        signal,
        ...(size > 0 ? { headers: range } : {}),
      })
      return response.text()
    },
    gcTime: 0,
  })
  if (text.error !== null) return <ErrorNotice error={text.error} title="No preview" />
  if (text.data === undefined) return <Loading rows={4} />
  return (
    <div className="stack tight">
      <CodeSample label={lastPart(name)} code={text.data} wrap />
      {size > maxTextBytes && (
        <p className="muted small">
          The first {bytes(maxTextBytes)} of {bytes(size)}.
        </p>
      )}
    </div>
  )
}

const expiries = [
  { value: '3600', label: 'One hour' },
  { value: '86400', label: 'One day' },
  { value: '604800', label: 'One week' },
  { value: '31536000', label: 'One year' },
]

function Links({ projectRef, bucket, name }: ObjectProps): ReactElement {
  const role = useSession().data?.operator?.role
  const project = useProject<{ api_url: string | null }>(projectRef, '')
  const [seconds, setSeconds] = useState('86400')
  const sign = useChange<{ signedURL: string }>(projectRef, [])
  const base = `${project.data?.api_url ?? ''}/storage/v1`
  const encoded = name.split('/').map(encodeURIComponent).join('/')
  const make = (): void =>
    sign.mutate({
      method: 'POST',
      path: `storage/sign/${encodeURIComponent(bucket.id)}/${encodeURIComponent(name)}`,
      body: { expiresIn: Number(seconds) },
    })
  return (
    <section className="stack tight">
      <h3>Links</h3>
      {bucket.public && (
        <KeyField
          label="Public address"
          value={`${base}/object/public/${encodeURIComponent(bucket.id)}/${encoded}`}
        />
      )}
      <div className="row">
        <Select
          aria-label="How long the link works"
          options={expiries}
          value={seconds}
          onChange={(event) => {
            setSeconds(event.target.value)
            sign.reset()
          }}
        />
        <Button disabled={sign.isPending} refusal={refusal(role, 'developer')} onClick={make}>
          Make a signed link
        </Button>
      </div>
      {sign.error !== null && <ErrorNotice error={sign.error} title="No link was made" />}
      {sign.data !== undefined && (
        <KeyField label="Signed link" value={`${base}${sign.data.signedURL}`} />
      )}
    </section>
  )
}
