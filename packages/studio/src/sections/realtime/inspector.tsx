/** A channel of the project, joined as somebody: everything that arrives, and what one says oneself. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useSession } from '#studio/api'
import { IdentityPicker } from '#studio/people'
import type { Identity } from '#studio/people'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  Check,
  EmptyState,
  Notice,
  SelectField,
  TextField,
  plural,
} from '#studio/ui'
import { InspectorSession, emptyView } from './inspector-session.ts'
import type { Access, View } from './inspector-session.ts'
import { MessageList } from './message-list.tsx'
import { SendForm } from './send-form.tsx'

interface Minted {
  readonly access_token: string
  readonly anon_key: string
  readonly api_url: string | null
}

const anon: Identity = { role: 'anon', claims: { role: 'anon' }, label: 'anon' }

/** Good for a minute, kept in memory of the page alone. */
async function mint(ref: string, { role, claims }: Identity): Promise<Access> {
  const sub = claims?.['sub']
  const body = {
    role,
    ...(typeof sub === 'string' ? { user_id: sub } : {}),
    ...(claims === null ? {} : { claims }),
  }
  const made = await call<Minted>('POST', projectPath(ref, 'tokens'), { body })
  return {
    url: made.api_url ?? location.origin,
    anonKey: made.anon_key,
    token: role === 'anon' ? null : made.access_token,
  }
}

const nothing = (): (() => void) => () => {}
const noView = (): View => emptyView

export function Inspector(): ReactElement {
  const { ref, search, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const [identity, setIdentity] = useState<Identity>(anon)
  const [session, setSession] = useState<InspectorSession | null>(null)
  const view = useSyncExternalStore(session?.subscribe ?? nothing, session?.view ?? noView)
  useEffect(() => () => session?.leave(), [session])
  const channel = search['channel'] ?? ''
  const isPrivate = search['private'] === '1'
  const table = search['table'] ?? ''
  const isOpen = session !== null && (view.state === 'joined' || view.state === 'connecting')
  const set = (name: string, value: string): void =>
    setSearch({ [name]: value === '' ? null : value }, { replace: true })
  const join = (): void => {
    const [schema = 'public', name = '*'] = table.includes('.')
      ? table.split('.')
      : ['public', table]
    setSession(
      new InspectorSession(
        {
          topic: channel,
          isPrivate,
          changes:
            table === ''
              ? null
              : {
                  event: search['event'] ?? '*',
                  schema,
                  table: name,
                  filter: search['filter'] ?? '',
                },
        },
        () => mint(ref, identity),
      ),
    )
  }
  return (
    <div className="inspector">
      <form
        className="inspector-form"
        aria-label="Channel"
        onSubmit={(event) => {
          event.preventDefault()
          if (isOpen) session?.leave()
          else join()
        }}
      >
        <div className="row">
          <span className="muted">Join</span>
          <IdentityPicker
            projectRef={ref}
            value={identity}
            onChange={setIdentity}
            hasOwner={false}
          />
        </div>
        <TextField
          label="Channel"
          value={channel}
          disabled={isOpen}
          onChange={(event) => set('channel', event.target.value)}
        />
        <Check
          label="Private: policies of realtime.messages decide"
          checked={isPrivate}
          disabled={isOpen}
          onChange={(event) => set('private', event.target.checked ? '1' : '')}
        />
        <TextField
          label="Changes of the table"
          help="public.todos, or public.* for all of a schema. Empty: none."
          mono
          value={table}
          disabled={isOpen}
          onChange={(event) => set('table', event.target.value)}
        />
        {table !== '' && (
          <>
            <SelectField
              label="Which changes"
              value={search['event'] ?? '*'}
              disabled={isOpen}
              options={[{ value: '*', label: 'All' }, 'INSERT', 'UPDATE', 'DELETE']}
              onChange={(event) =>
                set('event', event.target.value === '*' ? '' : event.target.value)
              }
            />
            <TextField
              label="Filter"
              help="user_id=eq.1"
              mono
              value={search['filter'] ?? ''}
              disabled={isOpen}
              onChange={(event) => set('filter', event.target.value)}
            />
          </>
        )}
        <Button
          kind={isOpen ? 'plain' : 'primary'}
          type="submit"
          disabled={!isOpen && channel.trim() === ''}
          refusal={refusal(role, 'developer')}
        >
          {isOpen ? 'Leave channel' : 'Join channel'}
        </Button>
        {session !== null && view.state === 'joined' && <SendForm session={session} />}
      </form>
      <div className="inspector-main">
        <Status view={view} channel={channel} isNew={session === null} />
        {session === null ? (
          <EmptyState title="Nothing is listened to">
            Choose as whom, name a channel and join it: broadcasts, presence and changes are shown
            as they come.
          </EmptyState>
        ) : (
          <MessageList view={view} />
        )}
      </div>
    </div>
  )
}

const kinds = { connecting: 'plain', joined: 'ok', refused: 'danger', closed: 'warn' } as const

function Status({
  view,
  channel,
  isNew,
}: {
  readonly view: View
  readonly channel: string
  readonly isNew: boolean
}): ReactElement | null {
  if (isNew) return null
  const { state, reason, present } = view
  return (
    <div className="inspector-status">
      <div className="row wrap" role="status">
        <Badge kind={kinds[state]}>{state}</Badge>
        <strong className="truncate">{channel}</strong>
        {present.length > 0 && (
          <details className="presence">
            <summary>{plural(present.length, 'member')} present</summary>
            <ul aria-label="Present">
              {present.slice(0, 200).map(({ key, metas }) => (
                <li key={key}>
                  <code>{key}</code>{' '}
                  <span className="muted">{JSON.stringify(metas).slice(0, 200)}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {state === 'refused' && (
        <Notice kind="danger">
          <strong>The channel was refused: </strong>
          {reason}
        </Notice>
      )}
      {state === 'closed' && reason !== null && <Notice kind="warn">{reason}</Notice>}
    </div>
  )
}
