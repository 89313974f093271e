/** One function: called, read, put back. */
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  CodeSample,
  ConfirmDialog,
  Facts,
  Notice,
  Tabs,
  bytes,
  clockTime,
  toast,
} from '#studio/ui'
import { FunctionLogs } from './function-logs.tsx'
import { Invoke } from './invoke.tsx'
import { Versions } from './versions.tsx'
import type { AnyFunction } from './use-functions.ts'

const tabs = [
  { id: 'invoke', label: 'Invoke' },
  { id: 'logs', label: 'Logs' },
  { id: 'versions', label: 'Versions' },
  { id: 'details', label: 'Details' },
]

export function FunctionView({
  projectRef,
  of,
}: {
  readonly projectRef: string
  readonly of: AnyFunction
}): ReactElement {
  const { search, setSearch } = usePlace()
  const { slug, deployed, local } = of
  const tab = tabs.some(({ id }) => id === search['tab']) ? (search['tab'] ?? '') : 'invoke'
  const needsToken = (local ?? deployed)?.verify_jwt === true
  return (
    <>
      <div className="function-head">
        <h1>{slug}</h1>
        {deployed !== null && <Badge>version {deployed.version}</Badge>}
        {local !== null && <Badge kind="info">of the folder</Badge>}
        <Badge kind={needsToken ? 'plain' : 'warn'}>
          {needsToken ? 'callers need a token' : 'anybody may call'}
        </Badge>
        <Tabs
          label={slug}
          tabs={tabs}
          value={tab}
          onChange={(id) => setSearch({ tab: id === 'invoke' ? null : id })}
        />
      </div>
      <div className="function-body">
        <div className="page-body wide">
          {local !== null && tab !== 'logs' && (
            <Notice kind={local.enabled ? 'info' : 'warn'}>
              {local.enabled
                ? `It is served from ${local.entrypoint_path}: an edit there counts with the next call.`
                : `It is off: config.toml has [functions.${slug}] enabled = false.`}
              {deployed !== null && ' The deployed one of this name is not called here.'}
            </Notice>
          )}
          {tab === 'invoke' && <Invoke projectRef={projectRef} slug={slug} />}
          {tab === 'logs' && <FunctionLogs projectRef={projectRef} slug={slug} />}
          {tab === 'versions' && <Versions projectRef={projectRef} of={of} />}
          {tab === 'details' && <Details projectRef={projectRef} of={of} />}
        </div>
      </div>
    </>
  )
}

interface PartProps {
  readonly projectRef: string
  readonly of: AnyFunction
}

function Details({ projectRef, of: { slug, deployed, local } }: PartProps): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const project = useProject<{ api_url: string | null }>(projectRef, '')
  const change = useChange(projectRef, ['functions'])
  const [isDeleting, setIsDeleting] = useState(false)
  const url = `${project.data?.api_url ?? ''}/functions/v1/${slug}`
  const turn = (): void => {
    const isOn = deployed?.verify_jwt === true
    change.mutate(
      { method: 'PATCH', path: `functions/${slug}`, body: { verify_jwt: !isOn } },
      {
        onSuccess: () => toast(isOn ? 'Anybody may call it now' : 'Callers need a token now'),
        onError: (error) => toast(error.message, { kind: 'danger' }),
      },
    )
  }
  return (
    <>
      <Facts
        facts={[
          ['Address', url],
          ['Kind', local?.kind ?? deployed?.kind ?? ''],
          [
            'Entrypoint',
            (local?.entrypoint_path ?? deployed?.entrypoint_path ?? '').replace(
              'file:///source/',
              '',
            ),
          ],
          ...(deployed === null
            ? []
            : ([
                ['Deployed first', clockTime(deployed.created_at)],
                ['Changed', clockTime(deployed.updated_at)],
                ['Size', bytes(deployed.size)],
              ] as const)),
        ]}
      />
      <CodeSample
        label="call with curl"
        code={`curl -X POST '${url}' \\\n  -H "Authorization: Bearer $ANON_KEY" \\\n  -H 'Content-Type: application/json' \\\n  -d '{"name":"you"}'`}
      />
      {deployed !== null && (
        <div className="row wrap">
          <Button refusal={refusal(role, 'developer')} onClick={turn}>
            {deployed.verify_jwt ? 'Let anybody call it' : 'Ask callers for a token'}
          </Button>
          <Button
            kind="danger"
            refusal={refusal(role, 'developer')}
            onClick={() => setIsDeleting(true)}
          >
            <Trash2 size={14} aria-hidden /> Delete function
          </Button>
        </div>
      )}
      <ConfirmDialog
        open={isDeleting}
        title={`Delete ${slug}?`}
        action="Delete function"
        onClose={() => setIsDeleting(false)}
        onConfirm={async () => {
          await change.mutateAsync({ method: 'DELETE', path: `functions/${slug}` })
          setIsDeleting(false)
          toast(`${slug} deleted`)
          if (local === null) go({ path: [], search: {} })
        }}
      >
        Deletes {slug} with all its versions and their sources. Whoever calls it is answered 404.
        This cannot be undone.
      </ConfirmDialog>
    </>
  )
}
