/** Section Functions: what is deployed or in the folder, called, read, put back; and the secrets they are given. */
import './functions.css'
import { CloudUpload, FolderCode, KeyRound, SquareFunction } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import { Badge, Button, EmptyState, ErrorNotice, Loading, SearchField, Split } from '#studio/ui'
import { DeploySheet } from './deploy-sheet.tsx'
import { FunctionView } from './function-view.tsx'
import { Secrets } from './secrets.tsx'
import { useFunctions } from './use-functions.ts'
import type { AnyFunction } from './use-functions.ts'

export function FunctionsSection(): ReactElement {
  const { ref, path, search, go, setSearch } = usePlace()
  const { functions, error, retry } = useFunctions(ref)
  const [slug] = path
  if (functions === undefined)
    return error === null ? (
      <Loading rows={8} />
    ) : (
      <div className="page-body">
        <ErrorNotice error={error} onRetry={retry} />
      </div>
    )
  const open = functions.find((one) => one.slug === slug)
  const isSecrets = slug === undefined && search['view'] === 'secrets'
  return (
    <>
      <Split
        sideLabel="Functions"
        isOpen={slug !== undefined || isSecrets}
        onBack={() => go({ path: [], search: {} })}
        side={<Side functions={functions} slug={slug} isSecrets={isSecrets} />}
      >
        {isSecrets ? (
          <Secrets projectRef={ref} />
        ) : slug === undefined ? (
          <Nothing functions={functions} />
        ) : open === undefined ? (
          <EmptyState
            title={`There is no function ${slug}`}
            action={<Button onClick={retry}>Look again</Button>}
          >
            It may have been deleted.
          </EmptyState>
        ) : (
          <FunctionView key={slug} projectRef={ref} of={open} />
        )}
      </Split>
      {search['deploy'] !== undefined && (
        <DeploySheet
          projectRef={ref}
          slug={search['deploy'] === '-' ? '' : search['deploy']}
          onClose={() => setSearch({ deploy: null })}
        />
      )}
    </>
  )
}

function Side({
  functions,
  slug,
  isSecrets,
}: {
  readonly functions: readonly AnyFunction[]
  readonly slug: string | undefined
  readonly isSecrets: boolean
}): ReactElement {
  const { href, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const [filter, setFilter] = useState('')
  const shown = functions.filter((one) => one.slug.toLowerCase().includes(filter.toLowerCase()))
  return (
    <>
      <div className="side-head">
        <SearchField
          label="Search functions"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <Button refusal={refusal(role, 'developer')} onClick={() => setSearch({ deploy: '-' })}>
          <CloudUpload size={14} aria-hidden /> Deploy function
        </Button>
      </div>
      <div className="side-list">
        <ul aria-label="Functions">
          {shown.map((one) => (
            <li key={one.slug}>
              <Link
                className="side-item"
                href={href({ path: [one.slug], search: {} })}
                aria-current={one.slug === slug ? 'page' : undefined}
              >
                {one.local === null ? (
                  <SquareFunction size={14} aria-label="deployed" />
                ) : (
                  <FolderCode size={14} aria-label="of the folder" />
                )}
                <span className="truncate">{one.slug}</span>
                <span className="spacer" />
                {one.local === null ? (
                  <span className="muted small">v{one.deployed?.version}</span>
                ) : (
                  !one.local.enabled && <Badge>off</Badge>
                )}
              </Link>
            </li>
          ))}
        </ul>
        {shown.length === 0 && (
          <p className="muted small">
            {functions.length === 0
              ? 'No functions yet: deploy one from files, or with basalt functions new.'
              : 'No function is called that.'}
          </p>
        )}
        <div className="side-title">For all of them</div>
        <Link
          className="side-item"
          href={href({ path: [], search: { view: 'secrets' } })}
          aria-current={isSecrets ? 'page' : undefined}
        >
          <KeyRound size={14} aria-hidden /> Secrets
        </Link>
      </div>
    </>
  )
}

function Nothing({ functions }: { readonly functions: readonly AnyFunction[] }): ReactElement {
  const isStart = useSession().data?.shape === 'start'
  if (functions.length > 0)
    return (
      <EmptyState title="Choose a function" command="basalt functions list">
        {isStart
          ? 'Those of the folder supabase/functions are served as they are there: an edit counts with the next call.'
          : 'Each can be called, read, and put back to an earlier version.'}
      </EmptyState>
    )
  return (
    <EmptyState title="No functions yet" command="basalt functions new hello">
      {isStart
        ? 'What is in supabase/functions appears here, and is served as it is there.'
        : 'Deploy the first from a folder on this machine, or on a command line.'}
    </EmptyState>
  )
}
