/** What was deployed before, and the way back to it. */
import { CloudUpload, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  ago,
  bytes,
  clockTime,
  toast,
} from '#studio/ui'
import type { AnyFunction } from './use-functions.ts'

interface Version {
  readonly version: number
  readonly is_active: boolean
  /** Milliseconds. */
  readonly created_at: number
  readonly sha256: string
  readonly size: number
  readonly verify_jwt: boolean
}

export function Versions({
  projectRef,
  of: { slug, deployed },
}: {
  readonly projectRef: string
  readonly of: AnyFunction
}): ReactElement {
  const { setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const path = `functions/${slug}/versions`
  const versions = useProject<readonly Version[]>(projectRef, path, { enabled: deployed !== null })
  const change = useChange(projectRef, ['functions'])
  const [target, setTarget] = useState<Version | null>(null)
  const deploy = (
    <Button refusal={refusal(role, 'developer')} onClick={() => setSearch({ deploy: slug })}>
      <CloudUpload size={14} aria-hidden /> Deploy {deployed === null ? slug : 'a new version'}
    </Button>
  )
  if (deployed === null)
    return (
      <EmptyState
        title="It was never deployed"
        action={deploy}
        command={`basalt functions deploy ${slug}`}
      >
        Versions are kept of what is deployed. What is in the folder is served as it is there.
      </EmptyState>
    )
  if (versions.data === undefined)
    return versions.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={versions.error} onRetry={() => void versions.refetch()} />
    )
  return (
    <>
      <div className="row">{deploy}</div>
      <DataTable<Version>
        label="Versions"
        rows={versions.data}
        rowKey={({ version }) => String(version)}
        columns={[
          {
            name: 'Version',
            cell: ({ version, is_active: isActive }) => (
              <span className="row">
                {version} {isActive && <Badge kind="ok">called</Badge>}
              </span>
            ),
          },
          {
            name: 'Deployed',
            cell: ({ created_at: at }) => <span title={clockTime(at)}>{ago(at)}</span>,
          },
          { name: 'Token', cell: ({ verify_jwt: is }) => (is ? 'needed' : 'not needed') },
          { name: 'Size', align: 'number', cell: ({ size }) => bytes(size) },
          { name: 'SHA-256', cell: ({ sha256 }) => <code>{sha256.slice(0, 12)}</code> },
          {
            name: 'Back',
            cell: (version) =>
              version.is_active ? null : (
                <Button
                  size="small"
                  refusal={refusal(role, 'developer')}
                  aria-label={`Call version ${version.version}`}
                  onClick={() => setTarget(version)}
                >
                  <Undo2 size={13} aria-hidden /> Call this one
                </Button>
              ),
          },
        ]}
      />
      <ConfirmDialog
        open={target !== null}
        title={`Call version ${target?.version} of ${slug}?`}
        action={`Call version ${target?.version}`}
        onClose={() => setTarget(null)}
        onConfirm={async () => {
          const version = target?.version
          await change.mutateAsync({
            method: 'POST',
            path: `functions/${slug}/rollback`,
            body: { version },
          })
          setTarget(null)
          toast(`Version ${version} of ${slug} is called now`)
        }}
      >
        Every node calls it from its next request on. Version {deployed.version} is kept.
      </ConfirmDialog>
    </>
  )
}
