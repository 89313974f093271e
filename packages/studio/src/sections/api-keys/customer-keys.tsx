/** Keys that users of the project give to their programs. */
import { Plus, Power } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Notice,
  SearchField,
  ago,
  clockTime,
  count,
  toast,
} from '#studio/ui'
import { CreateKey } from './create-key.tsx'
import { KeySheet } from './key-sheet.tsx'
import { isExpired, permissionsOf } from './keys.ts'
import type { CustomerKey, CustomerKeysState } from './keys.ts'
import { Usage } from './usage.tsx'

interface CustomerKeysProps {
  readonly projectRef: string
  readonly keyId: string | undefined
}

export function CustomerKeys({ projectRef, keyId }: CustomerKeysProps): ReactElement {
  const state = useProject<CustomerKeysState>(projectRef, 'api-keys')
  if (state.data === undefined)
    return state.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={state.error} onRetry={() => void state.refetch()} />
    )
  if (!state.data.installed) return <Enable projectRef={projectRef} />
  return <KeyList projectRef={projectRef} keyId={keyId} state={state.data} />
}

function useTurn(projectRef: string) {
  const change = useChange(projectRef, ['api-keys', 'catalog'])
  return (isOn: boolean): Promise<unknown> =>
    change.mutateAsync({ method: 'POST', path: `api-keys/${isOn ? 'enable' : 'disable'}` })
}

function Enable({ projectRef }: { readonly projectRef: string }): ReactElement {
  const role = useSession().data?.operator?.role
  const turn = useTurn(projectRef)
  const [error, setError] = useState<unknown>(null)
  return (
    <>
      {error !== null && <ErrorNotice title="Not enabled" error={error} />}
      <EmptyState
        title="Customers have no keys yet"
        command="basalt apikeys enable"
        action={
          <Button
            kind="primary"
            refusal={refusal(role, 'developer')}
            onClick={() => {
              setError(null)
              turn(true).then(() => toast('Keys of customers are taken'), setError)
            }}
          >
            Enable API keys
          </Button>
        }
      >
        Users of the project give keys to their programs: each with permissions, a limit a minute, a
        quota a month, an expiry. It makes the tables api_keys, usage_metrics, token_usage and
        documents in the schema public, with row level security on.
      </EmptyState>
    </>
  )
}

function KeyList({
  projectRef,
  keyId,
  state,
}: CustomerKeysProps & { readonly state: CustomerKeysState }): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const keys = useProject<readonly CustomerKey[]>(projectRef, 'api-keys/keys', { everyMs: 5_000 })
  const turn = useTurn(projectRef)
  const [filter, setFilter] = useState('')
  const [dialog, setDialog] = useState<'create' | 'disable' | null>(null)
  if (keys.data === undefined)
    return keys.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />
    )
  const words = filter.toLowerCase()
  const shown = keys.data.filter(({ name, email, id }) =>
    `${name} ${email ?? ''} ${id}`.toLowerCase().includes(words),
  )
  const open = keys.data.find(({ id }) => id === keyId)
  return (
    <>
      {!state.enabled && (
        <Notice
          kind="warn"
          actions={
            <Button
              size="small"
              refusal={refusal(role, 'developer')}
              onClick={() => void turn(true).then(() => toast('Keys of customers are taken'))}
            >
              Enable
            </Button>
          }
        >
          Requests with such keys are refused: API keys are disabled. The tables are as they were.
        </Notice>
      )}
      <Usage projectRef={projectRef} ofKey={null} />
      <div className="row wrap">
        <div className="key-search">
          <SearchField
            label="Search keys"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
        <span className="spacer" />
        {state.enabled && (
          <Button refusal={refusal(role, 'developer')} onClick={() => setDialog('disable')}>
            <Power size={14} aria-hidden /> Disable
          </Button>
        )}
        <Button
          kind="primary"
          refusal={refusal(role, 'developer')}
          onClick={() => setDialog('create')}
        >
          <Plus size={14} aria-hidden /> Create key
        </Button>
      </div>
      {shown.length === 0 ? (
        <EmptyState title={keys.data.length === 0 ? 'No keys yet' : 'No key is called that'}>
          Users make them by supabase-js: insert into api_keys. You can make one for a user here.
        </EmptyState>
      ) : (
        <KeyTable keys={shown} openId={keyId} />
      )}
      {dialog === 'create' && (
        <CreateKey projectRef={projectRef} state={state} onClose={() => setDialog(null)} />
      )}
      {open !== undefined && (
        <KeySheet
          key={open.id}
          projectRef={projectRef}
          of={open}
          onClose={() => go({ path: [], search: { of: 'customers' } })}
        />
      )}
      <ConfirmDialog
        open={dialog === 'disable'}
        title="Disable API keys?"
        action="Disable API keys"
        onClose={() => setDialog(null)}
        onConfirm={async () => {
          await turn(false)
          setDialog(null)
          toast('Keys of customers are refused')
        }}
      >
        Requests with {count(state.keys ?? keys.data.length)} keys are refused at once, on every
        node. Keys and usage stay in their tables, and count again once it is enabled.
      </ConfirmDialog>
    </>
  )
}

function KeyTable({
  keys,
  openId,
}: {
  readonly keys: readonly CustomerKey[]
  readonly openId: string | undefined
}): ReactElement {
  const { go, href } = usePlace()
  return (
    <DataTable<CustomerKey>
      label="Keys of customers"
      rows={keys}
      rowKey={({ id }) => id}
      isSelected={({ id }) => id === openId}
      onOpen={({ id }) => go({ path: [id], search: {} })}
      columns={[
        {
          name: 'Name',
          cell: (key) => (
            <span className="row">
              <Link className="truncate" href={href({ path: [key.id], search: {} })}>
                {key.name}
              </Link>
              {isExpired(key) && <Badge kind="warn">expired</Badge>}
            </span>
          ),
          sort: ({ name }) => name,
        },
        {
          name: 'User',
          cell: ({ email, user_id: id }) => email ?? <code>{id.slice(0, 8)}</code>,
          sort: ({ email, user_id: id }) => email ?? id,
        },
        { name: 'May', cell: ({ permissions }) => permissionsOf(permissions) },
        {
          name: 'This month',
          align: 'number',
          cell: ({ usage_count: used, monthly_quota: quota }) =>
            `${count(used)} of ${count(quota)}`,
          sort: ({ usage_count: used }) => used,
        },
        {
          name: 'A minute',
          align: 'number',
          cell: ({ rate_limit: limit }) => count(limit),
          sort: ({ rate_limit: limit }) => limit,
        },
        {
          name: 'Last used',
          cell: ({ last_used_at: at }) =>
            at === null ? 'never' : <span title={clockTime(at)}>{ago(at)}</span>,
          sort: ({ last_used_at: at }) => at ?? '',
        },
      ]}
    />
  )
}
