/** One project of the fleet: its name and database, keys, members, and its end. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import type { ChangePath } from '#studio/api'
import { Link, hrefOf, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  ConfirmDialog,
  ErrorNotice,
  Facts,
  Loading,
  Page,
  Tabs,
  TextField,
  clockTime,
  toast,
} from '#studio/ui'
import { statusKinds, useStep } from './project.ts'
import type { Requirement, ShownProject } from './project.ts'
import { ProjectKeys } from './project-keys.tsx'
import { ProjectMembers } from './project-members.tsx'
import { RefusedDatabase, Warnings } from './requirements.tsx'

const tabs = [
  { id: 'general', label: 'General' },
  { id: 'keys', label: 'Keys' },
  { id: 'members', label: 'Members' },
]

export function ProjectView({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch, href } = usePlace()
  const project = useProject<ShownProject>(projectRef, '', { keepsOld: false })
  const tab = tabs.find(({ id }) => id === search['tab'])?.id ?? 'general'
  const { data, error } = project
  return (
    <Page
      title={data?.name ?? projectRef}
      about={<Link href={href({ path: [], search: {} })}>All projects</Link>}
      actions={
        data !== undefined && (
          <>
            <Badge kind={statusKinds[data.status]}>{data.status}</Badge>
            {data.status !== 'deleted' && (
              <>
                <Link className="button" href={hrefOf({ ref: projectRef, section: 'settings' })}>
                  Configuration
                </Link>
                <Link
                  className="button primary"
                  href={hrefOf({ ref: projectRef, section: 'tables' })}
                >
                  Open
                </Link>
              </>
            )}
          </>
        )
      }
    >
      <Tabs
        label="Parts of the project"
        tabs={tabs}
        value={tab}
        onChange={(id) => setSearch({ tab: id === 'general' ? null : id })}
      />
      {error !== null && <ErrorNotice error={error} onRetry={() => void project.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined &&
        (tab === 'keys' ? (
          <ProjectKeys projectRef={projectRef} />
        ) : tab === 'members' ? (
          <ProjectMembers projectRef={projectRef} />
        ) : (
          <>
            <Facts
              facts={[
                ['Ref', <code key="ref">{data.ref}</code>],
                ['API', data.api_url ?? 'no node has said yet where the fleet is'],
                ['Database', <code key="db">{data.db_url}</code>],
                ['Made', clockTime(data.created_at)],
                ...(data.deleted_at === null
                  ? []
                  : [['Deleted', clockTime(data.deleted_at)] as const]),
              ]}
            />
            {data.status !== 'deleted' && <General key={data.name} project={data} />}
            <Life project={data} />
          </>
        ))}
    </Page>
  )
}

function General({ project }: { readonly project: ShownProject }): ReactElement {
  const refused = refusal(useSession().data?.operator?.role, 'admin')
  const [name, setName] = useState(project.name)
  const [url, setUrl] = useState('')
  const save = useStep<{ warnings: readonly Requirement[] }>(project.ref)
  const probe = useStep<{ warnings: readonly Requirement[] }>(project.ref)
  const body = {
    ...(name === project.name ? {} : { name }),
    ...(url === '' ? {} : { db_url: url }),
  }
  const error = save.error ?? probe.error
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(
          { method: 'PATCH', path: '', body },
          { onSuccess: () => toast(`${name} is changed`) },
        )
      }}
    >
      <TextField
        label="Name"
        value={name}
        required
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Another database"
        help="Left empty it stays as it is. It is tested before it is taken."
        mono
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <div className="row wrap">
        <Button
          kind="primary"
          type="submit"
          refusal={refused}
          disabled={save.isPending || Object.keys(body).length === 0}
        >
          Save
        </Button>
        <Button
          refusal={refused}
          disabled={probe.isPending}
          onClick={() =>
            probe.mutate({
              method: 'POST',
              path: 'database/test',
              body: url === '' ? {} : { db_url: url },
            })
          }
        >
          Test the database
        </Button>
      </div>
      {error !== null && <RefusedDatabase error={error} />}
      {error === null && probe.data !== undefined && <Warnings warnings={probe.data.warnings} />}
    </form>
  )
}

type Asking = 'pause' | 'delete' | 'purge' | null

/** Paused, deleted, brought back, forgotten. */
function Life({
  project: { ref, name, status },
}: {
  readonly project: ShownProject
}): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'admin')
  const [asking, setAsking] = useState<Asking>(null)
  const step = useStep(ref)
  const close = (): void => setAsking(null)
  const run = async (path: ChangePath, said: string): Promise<void> => {
    const isDelete = path === ''
    await step.mutateAsync({
      method: isDelete ? 'DELETE' : 'POST',
      path,
      ...(path === 'purge' ? { body: { confirm: ref } } : {}),
    })
    close()
    toast(said)
    if (path === 'purge') go({ path: [], search: {} })
  }
  const again = (path: 'resume' | 'restore', said: string) => (): void => void run(path, said)
  return (
    <section className="card danger-zone" aria-label="End of the project">
      <div className="body row wrap">
        {status === 'active' && (
          <Button refusal={refused} onClick={() => setAsking('pause')}>
            Pause
          </Button>
        )}
        {status === 'paused' && (
          <Button refusal={refused} onClick={again('resume', `${name} goes on`)}>
            Resume
          </Button>
        )}
        {status === 'deleted' ? (
          <>
            <Button refusal={refused} onClick={again('restore', `${name} is back`)}>
              Restore
            </Button>
            <Button
              kind="danger"
              refusal={refusal(role, 'owner')}
              onClick={() => setAsking('purge')}
            >
              Purge
            </Button>
          </>
        ) : (
          <Button kind="danger" refusal={refused} onClick={() => setAsking('delete')}>
            Delete project
          </Button>
        )}
      </div>
      {step.error !== null && asking === null && <ErrorNotice error={step.error} />}
      <ConfirmDialog
        open={asking === 'pause'}
        title={`Pause ${name}?`}
        action="Pause project"
        onClose={close}
        onConfirm={() => run('pause', `${name} is paused`)}
      >
        Its requests are answered with status 540 (project paused) until it is resumed. Nothing is
        lost.
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === 'delete'}
        title={`Delete ${name}?`}
        action="Delete project"
        typed={name}
        onClose={close}
        onConfirm={() => run('', `${name} is deleted`)}
      >
        Its API, users and files cannot be reached any more. It can be restored until it is purged;
        its database stays.
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === 'purge'}
        title={`Purge ${name}?`}
        action="Purge project"
        typed={ref}
        onClose={close}
        onConfirm={() => run('purge', `${name} is forgotten`)}
      >
        Forgets the project with its keys and configuration. This cannot be undone; only its
        database stays.
      </ConfirmDialog>
    </section>
  )
}
