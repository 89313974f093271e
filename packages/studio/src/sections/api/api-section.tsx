/** Section API: for each table and function, code that runs; and types. */
import { Braces, SquareFunction, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { useQuery } from '@tanstack/react-query'
import { callRaw, projectPath, useProject, useSession } from '#studio/api'
import { useCatalog, useRelation } from '#studio/catalog'
import { Link, usePlace } from '#studio/place'
import {
  Badge,
  CodeSample,
  EmptyState,
  ErrorNotice,
  KeyField,
  Loading,
  Notice,
  Page,
  SearchField,
  Select,
  Split,
} from '#studio/ui'
import { functionSamples, setUp, tableSamples } from './samples.ts'
import type { FunctionInfo, Sample } from './samples.ts'

interface Keys {
  readonly publishable_key: string | null
  readonly anon_key: string
}

const useFunctions = (ref: string) => useProject<readonly FunctionInfo[]>(ref, 'catalog/functions')

export function ApiSection(): ReactElement {
  const { ref, path, go } = usePlace()
  const [kind, schema, name] = path
  return (
    <Split
      sideLabel="API"
      isOpen={kind !== undefined}
      onBack={() => go({ path: [], search: {} })}
      side={<Side />}
    >
      {kind === 'table' && schema !== undefined && name !== undefined ? (
        <Table projectRef={ref} schema={schema} name={name} />
      ) : kind === 'function' && schema !== undefined && name !== undefined ? (
        <Functions projectRef={ref} schema={schema} name={name} />
      ) : kind === 'types' ? (
        <Types projectRef={ref} />
      ) : (
        <Begin projectRef={ref} />
      )}
    </Split>
  )
}

function Side(): ReactElement {
  const { ref, path, href } = usePlace()
  const catalog = useCatalog(ref)
  const functions = useFunctions(ref)
  const [filter, setFilter] = useState('')
  const [schema, setSchema] = useState(path[1] ?? 'public')
  const words = filter.toLowerCase()
  const tables = (catalog.data?.relations ?? []).filter(
    (relation) => relation.schema === schema && relation.name.toLowerCase().includes(words),
  )
  const own = (functions.data ?? []).filter(
    (one) =>
      one.schema === schema &&
      one.kind === 'function' &&
      one.returns !== 'trigger' &&
      one.name.toLowerCase().includes(words),
  )
  const current = (kind: string, name: string): 'page' | undefined =>
    path[0] === kind && path[1] === schema && path[2] === name ? 'page' : undefined
  return (
    <>
      <div className="side-head">
        <Select
          aria-label="Schema"
          value={schema}
          options={catalog.data?.schemas ?? ['public']}
          onChange={(event) => setSchema(event.target.value)}
        />
        <SearchField
          label="Search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <div className="side-list">
        <Link
          className="side-item"
          href={href({ path: [], search: {} })}
          aria-current={path[0] === undefined ? 'page' : undefined}
        >
          <Braces size={14} aria-hidden /> Begin
        </Link>
        <Link
          className="side-item"
          href={href({ path: ['types'], search: {} })}
          aria-current={path[0] === 'types' ? 'page' : undefined}
        >
          <Braces size={14} aria-hidden /> Types
        </Link>
        <h2 className="side-title">Tables and views</h2>
        {tables.slice(0, 500).map(({ name }) => (
          <Link
            key={name}
            className="side-item"
            href={href({ path: ['table', schema, name], search: {} })}
            aria-current={current('table', name)}
          >
            <Table2 size={14} aria-hidden /> <span className="truncate">{name}</span>
          </Link>
        ))}
        <h2 className="side-title">Functions</h2>
        {[...new Set(own.map(({ name }) => name))].slice(0, 500).map((name) => (
          <Link
            key={name}
            className="side-item"
            href={href({ path: ['function', schema, name], search: {} })}
            aria-current={current('function', name)}
          >
            <SquareFunction size={14} aria-hidden /> <span className="truncate">{name}</span>
          </Link>
        ))}
        {own.length === 0 && (
          <p className="muted small" style={{ padding: '0 8px' }}>
            None here.
          </p>
        )}
      </div>
    </>
  )
}

function useClient(ref: string): { readonly url: string; readonly key: string } {
  const project = useProject<{ api_url: string | null }>(ref, '')
  const role = useSession().data?.operator?.role
  const keys = useProject<Keys>(ref, 'keys', {
    enabled: role !== undefined && role !== 'read-only',
  })
  return {
    url: project.data?.api_url ?? 'https://your-project.example.com',
    key: keys.data?.publishable_key ?? keys.data?.anon_key ?? 'your publishable key',
  }
}

function Begin({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { url, key } = useClient(projectRef)
  return (
    <Page
      title="API"
      about="What an app needs: the address, the key that may be in a page, and the stock client."
    >
      <section className="stack tight">
        <h2>Address</h2>
        <KeyField label="API URL" value={url} />
      </section>
      <section className="stack tight">
        <h2>Publishable key</h2>
        <KeyField label="publishable key" value={key} />
        <p className="muted">
          It may be in pages and apps: row level security decides what its holder sees. Secret keys,
          that pass all policies, are in the section API keys.
        </p>
      </section>
      <section className="stack tight">
        <h2>Client</h2>
        <CodeSample label="command" code="npm install @supabase/supabase-js" />
        <CodeSample label="client" code={setUp(url, key)} />
      </section>
    </Page>
  )
}

function Samples({
  projectRef,
  samples,
}: {
  readonly projectRef: string
  readonly samples: readonly Sample[]
}): ReactElement {
  const client = useClient(projectRef)
  const before = setUp(client.url, client.key)
  return (
    <>
      {samples.map(({ title, code }) => (
        <section className="stack tight" key={title}>
          <h2>{title}</h2>
          <CodeSample label={title} code={`${before}\n\n${code}`} />
        </section>
      ))}
    </>
  )
}

function Table({
  projectRef,
  schema,
  name,
}: {
  readonly projectRef: string
  readonly schema: string
  readonly name: string
}): ReactElement {
  const catalog = useCatalog(projectRef)
  const found = catalog.data?.relations.find(
    (relation) => relation.schema === schema && relation.name === name,
  )
  const relation = useRelation(projectRef, found?.oid)
  const samples = useMemo(
    () => (relation.data === undefined ? [] : tableSamples(relation.data)),
    [relation.data],
  )
  const error = catalog.error ?? relation.error
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void relation.refetch()} />
  if (catalog.data !== undefined && found === undefined)
    return <EmptyState title={`There is no relation ${schema}.${name}`} />
  if (relation.data === undefined) return <Loading />
  return (
    <Page title={name} about={relation.data.comment ?? undefined}>
      {relation.data.kind === 'table' && !relation.data.rls_enabled && (
        <Notice kind="warn">
          Row level security is off: whoever has the publishable key and a grant reads every row.
        </Notice>
      )}
      <Samples projectRef={projectRef} samples={samples} />
    </Page>
  )
}

function Functions({
  projectRef,
  schema,
  name,
}: {
  readonly projectRef: string
  readonly schema: string
  readonly name: string
}): ReactElement {
  const functions = useFunctions(projectRef)
  if (functions.error !== null) return <ErrorNotice error={functions.error} />
  if (functions.data === undefined) return <Loading />
  const all = functions.data.filter((one) => one.schema === schema && one.name === name)
  if (all.length === 0) return <EmptyState title={`There is no function ${schema}.${name}`} />
  return (
    <Page title={name}>
      {all.map((one) => (
        <section className="stack" key={one.oid}>
          <div className="row wrap">
            <code>
              {name}({one.arguments}) → {one.returns ?? 'void'}
            </code>
            <Badge>{one.volatility}</Badge>
            {one.callable_by.map((role) => (
              <Badge key={role}>{role}</Badge>
            ))}
          </div>
          {one.comment !== null && <p>{one.comment}</p>}
          <Samples projectRef={projectRef} samples={functionSamples(one)} />
        </section>
      ))}
    </Page>
  )
}

function Types({ projectRef }: { readonly projectRef: string }): ReactElement {
  const types = useQuery({
    queryKey: ['project', projectRef, 'catalog/types'],
    queryFn: async ({ signal }) =>
      (await callRaw('GET', projectPath(projectRef, 'types/typescript'), { signal })).text(),
  })
  return (
    <Page
      title="Types"
      about="For createClient<Database>: every table, view, function and enum of the project. basalt gen types --local prints the same."
    >
      {types.error !== null && (
        <ErrorNotice error={types.error} onRetry={() => void types.refetch()} />
      )}
      {types.data === undefined ? (
        types.error === null && <Loading rows={12} />
      ) : (
        <CodeSample label="types" code={types.data} />
      )}
    </Page>
  )
}
