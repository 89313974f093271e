/** Try it: who, which table, what; then which rows pass, and what refused the others. Whatever is tried is undone. */
import { useMutation } from '@tanstack/react-query'
import { Play, Timer } from 'lucide-react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useProject, useSession } from '#studio/api'
import type { Relation } from '#studio/catalog'
import { useDraft, usePlace } from '#studio/place'
import { IdentityPicker, identityOf } from '#studio/people'
import type { Identity, UserRow } from '#studio/people'
import { Button, ErrorNotice, Loading, Progress, SelectField } from '#studio/ui'
import { operations } from './explained.ts'
import type { Explained, Operation } from './explained.ts'
import { TryAnswer } from './try-answer.tsx'
import { TryValues } from './try-values.tsx'
import type { TypedValues } from './try-values.tsx'
import { useTable } from './table-policies.tsx'

export function TryIt({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const { catalog, summary, relation } = useTable(projectRef, search['table'])
  const operation = operations.find((known) => known === search['operation']) ?? 'select'
  const [identity, setIdentity] = useIdentity(projectRef)
  const tables = (catalog.data?.relations ?? [])
    .filter(({ kind, schema }) => {
      return (kind === 'table' || kind === 'partitioned') && schema !== 'supabase_migrations'
    })
    .map(({ schema, name }) => `${schema}.${name}`)
  if (catalog.error !== null)
    return <ErrorNotice error={catalog.error} onRetry={() => void catalog.refetch()} />
  return (
    <>
      <div className="row wrap" style={{ alignItems: 'flex-end', gap: 12 }}>
        <div className="field">
          <span className="label">Who</span>
          <IdentityPicker
            projectRef={projectRef}
            value={identity}
            onChange={setIdentity}
            hasOwner={false}
          />
        </div>
        <SelectField
          label="Operation"
          value={operation}
          options={operations}
          onChange={(event) => setSearch({ operation: event.target.value })}
        />
        <SelectField
          label="Table"
          value={summary === undefined ? '' : (search['table'] ?? '')}
          options={[{ value: '', label: 'Choose a table' }, ...tables]}
          onChange={(event) => setSearch({ table: event.target.value })}
        />
      </div>
      {summary === undefined ? (
        <p className="muted">
          Choose a table: its first rows are looked at with the eyes of {identity.label}. Nothing
          that is tried is kept.
        </p>
      ) : relation.data === undefined ? (
        <Loading />
      ) : (
        <Question
          key={`${summary.oid} ${operation}`}
          projectRef={projectRef}
          relation={relation.data}
          operation={operation}
          identity={identity}
        />
      )}
    </>
  )
}

const anonymous: Identity = { role: 'anon', claims: { role: 'anon' }, label: 'anon' }

/** In the address; claims that were typed are kept beside it. */
function useIdentity(projectRef: string): [Identity, (identity: Identity) => void] {
  const { search, setSearch } = usePlace()
  const { user: id, as } = search
  const [typed, setTyped] = useDraft<Identity | null>(`try as ${projectRef}`, null)
  const user = useProject<UserRow>(projectRef, `users/${id ?? ''}`, {
    enabled: id !== undefined,
    keepsOld: false,
  })
  const set = (identity: Identity): void => {
    const sub = identity.claims?.['sub']
    setTyped(identity)
    setSearch({
      user: typeof sub === 'string' ? sub : null,
      as: typeof sub === 'string' || identity.role === 'anon' ? null : identity.role,
    })
  }
  const isTyped =
    typed !== null &&
    (id === undefined ? typed.role === (as ?? 'anon') : typed.claims?.['sub'] === id)
  if (isTyped) return [typed, set]
  if (user.data !== undefined && id !== undefined) return [identityOf(user.data), set]
  if (id !== undefined)
    return [{ role: 'authenticated', claims: { sub: id, role: 'authenticated' }, label: id }, set]
  return [as === undefined ? anonymous : { role: as, claims: { role: as }, label: as }, set]
}

function Question({
  projectRef,
  relation,
  operation,
  identity,
}: {
  readonly projectRef: string
  readonly relation: Relation
  readonly operation: Operation
  readonly identity: Identity
}): ReactElement {
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  const [typed, setTyped] = useDraft<TypedValues>(
    `try ${projectRef} ${relation.oid} ${operation}`,
    { key: {}, row: {} },
  )
  const explain = useMutation({
    mutationFn: (cost: boolean) =>
      call<Explained>('POST', projectPath(projectRef, 'policies/explain'), {
        body: {
          role: identity.role,
          claims: identity.claims ?? {},
          relation: relation.oid,
          operation,
          ...asked(relation, operation, typed),
          cost,
        },
      }),
  })
  return (
    <>
      {operation !== 'select' && (
        <TryValues relation={relation} operation={operation} typed={typed} onChange={setTyped} />
      )}
      <div className="row wrap">
        <Button
          kind="primary"
          refusal={refused}
          disabled={explain.isPending}
          onClick={() => explain.mutate(false)}
        >
          <Play size={14} aria-hidden /> Try {operation}
        </Button>
        <Button refusal={refused} disabled={explain.isPending} onClick={() => explain.mutate(true)}>
          <Timer size={14} aria-hidden /> Try and measure cost
        </Button>
        <span className="muted small">Undone afterwards; calls to other servers are not.</span>
      </div>
      {explain.isPending && <Progress done={null} label="Trying" />}
      {explain.error !== null && <ErrorNotice title="Not tried" error={explain.error} />}
      {explain.data !== undefined && !explain.isPending && (
        <TryAnswer projectRef={projectRef} relation={relation} answer={explain.data} />
      )}
    </>
  )
}

function asked(relation: Relation, operation: Operation, { key, row }: TypedValues): object {
  const names = relation.key ?? []
  const isKeyed =
    (operation === 'update' || operation === 'delete') &&
    names.length > 0 &&
    names.every((name) => (key[name] ?? '') !== '')
  return {
    ...(isKeyed ? { key: names.map((name) => key[name] ?? null) } : {}),
    ...(operation === 'insert' || operation === 'update' ? { row } : {}),
  }
}
