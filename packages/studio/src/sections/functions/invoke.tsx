/** Calls a function as somebody, and shows what it answers. */
import { Play } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useMutation } from '@tanstack/react-query'
import { call, projectPath, refusal, useSession } from '#studio/api'
import { IdentityPicker } from '#studio/people'
import type { Identity } from '#studio/people'
import { Link, hrefOf, useDraft } from '#studio/place'
import {
  Badge,
  Button,
  CodeSample,
  ErrorNotice,
  Select,
  TextArea,
  TextField,
  milliseconds,
} from '#studio/ui'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
  readonly truncated: boolean
  readonly ms: number
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: string
}

const methods = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
const anon: Identity = { role: 'anon', claims: { role: 'anon' }, label: 'anon' }

export function Invoke({
  projectRef,
  slug,
}: {
  readonly projectRef: string
  readonly slug: string
}): ReactElement {
  const role = useSession().data?.operator?.role
  const [asked, setAsked] = useDraft<Asked>(`function ${projectRef} ${slug}`, {
    method: 'POST',
    path: '',
    body: '{"name":"you"}',
  })
  // they may have a secret in them: kept in memory alone
  const [headers, setHeaders] = useState('content-type: application/json')
  const [identity, setIdentity] = useState(anon)
  const invoke = useMutation({
    mutationFn: () => ask(projectRef, slug, asked, headers, identity),
  })
  const hasBody = asked.method !== 'GET' && asked.method !== 'HEAD'
  return (
    <div className="function-invoke">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (refusal(role, 'developer') === null) invoke.mutate()
        }}
      >
        <div className="row wrap">
          <Select
            aria-label="Method"
            className="function-method"
            value={asked.method}
            options={methods}
            onChange={(event) => setAsked({ ...asked, method: event.target.value })}
          />
          <IdentityPicker
            projectRef={projectRef}
            value={identity}
            onChange={setIdentity}
            hasOwner={false}
          />
          <span className="spacer" />
          <Button
            kind="primary"
            type="submit"
            disabled={invoke.isPending}
            refusal={refusal(role, 'developer')}
          >
            <Play size={14} aria-hidden /> Invoke
          </Button>
        </div>
        <TextField
          label="Path and query"
          mono
          value={asked.path}
          placeholder="/items?limit=10"
          help={`Behind /functions/v1/${slug}`}
          onChange={(event) => setAsked({ ...asked, path: event.target.value })}
        />
        <TextArea
          label="Headers"
          mono
          rows={3}
          value={headers}
          help="One a line: name: value"
          onChange={(event) => setHeaders(event.target.value)}
        />
        {hasBody && (
          <TextArea
            label="Body"
            mono
            rows={8}
            value={asked.body}
            onChange={(event) => setAsked({ ...asked, body: event.target.value })}
          />
        )}
      </form>
      <section className="stack" aria-label="Answer" aria-live="polite">
        {invoke.error !== null ? (
          <ErrorNotice title="Not called" error={invoke.error} />
        ) : invoke.data === undefined ? (
          <p className="muted">
            {invoke.isPending ? 'It is called …' : 'Its answer appears here.'}
          </p>
        ) : (
          <AnswerView projectRef={projectRef} answer={invoke.data} />
        )}
      </section>
    </div>
  )
}

/** A token of who it is called as is made for this one call, and kept nowhere. */
async function ask(
  ref: string,
  slug: string,
  { method, path, body }: Asked,
  headers: string,
  { role, claims }: Identity,
): Promise<Answer> {
  const subject = claims?.['sub']
  const user = typeof subject === 'string' ? { user_id: subject } : {}
  const { access_token: token } = await call<{ access_token: string }>(
    'POST',
    projectPath(ref, 'tokens'),
    { body: { ...user, role, claims: claims ?? {} } },
  )
  return call<Answer>('POST', projectPath(ref, `functions/${slug}/invoke`), {
    body: {
      method,
      path,
      headers: headersOf(headers),
      ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
      token,
    },
  })
}

function headersOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      if (at < 1) throw new Error(`Headers: “${line.slice(0, 60)}” is not name: value`)
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

function AnswerView({
  projectRef,
  answer: { status, headers, body, truncated, ms },
}: {
  readonly projectRef: string
  readonly answer: Answer
}): ReactElement {
  const id = headers['x-request-id']
  const kind = status >= 500 ? 'danger' : status >= 400 ? 'warn' : 'ok'
  const names = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  return (
    <>
      <div className="row wrap">
        <Badge kind={kind}>{status}</Badge>
        <span>{milliseconds(ms)}</span>
        {typeof id === 'string' && (
          <Link href={hrefOf({ ref: projectRef, section: 'logs', path: [id] })}>Its log</Link>
        )}
      </div>
      <CodeSample label="body" code={pretty(body)} wrap />
      {truncated && <p className="muted small">There is more of it: its first MiB is shown.</p>}
      <details>
        <summary>{names.length} headers</summary>
        <CodeSample label="headers" code={names.join('\n')} wrap />
      </details>
    </>
  )
}

/** JSON with lines of its own, where it is short enough that nothing is rounded. */
function pretty(text: string): string {
  if (text === '') return '(empty)'
  if (text.length > 100_000 || /\d{16}|\d\.\d{15}/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
