/** A policy written, or altered: its parts, and the statement they make. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import type { PolicyInfo, Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { useDraft } from '#studio/place'
import { Button, Check, CodeSample, SelectField, Sheet, TextArea, TextField } from '#studio/ui'
import { CheckSql } from './check-sql.tsx'
import { alterSql, createSql, draftOf, hasCheck, hasUsing, newPolicy } from './policy-sql.ts'
import type { PolicyDraft } from './policy-sql.ts'

const commands: readonly PolicyInfo['command'][] = ['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE']

export function PolicyEditor({
  projectRef,
  relation,
  policy,
  onClose,
}: {
  readonly projectRef: string
  readonly relation: Relation
  /** Null: a new one. */
  readonly policy: PolicyInfo | null
  readonly onClose: () => void
}): ReactElement {
  const initial = policy === null ? newPolicy : draftOf(policy)
  const key = `policy ${projectRef} ${relation.oid} ${policy?.name ?? ''}`
  const [kept, setKept] = useDraft<PolicyDraft | null>(key, null)
  const [isReviewed, setIsReviewed] = useState(false)
  const draft = kept ?? initial
  const set = (changes: Partial<PolicyDraft>): void => setKept({ ...draft, ...changes })
  const close = (): void => {
    setKept(null)
    onClose()
  }
  const sql =
    draft.name === ''
      ? ''
      : policy === null
        ? createSql(relation, draft)
        : alterSql(relation, policy, draft)
  return (
    <>
      <Sheet
        open
        wide
        dirty={kept !== null}
        onClose={close}
        title={
          policy === null ? `Write a policy for ${relation.name}` : `Alter policy ${policy.name}`
        }
        onSubmit={() => sql !== '' && setIsReviewed(true)}
        foot={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary" type="submit" disabled={sql === ''}>
              Review SQL
            </Button>
          </>
        }
      >
        <Fields projectRef={projectRef} draft={draft} set={set} />
        {sql === '' ? (
          <p className="muted">
            {policy === null ? 'Give it a name to see the statement.' : 'Nothing is changed yet.'}
          </p>
        ) : (
          <CodeSample code={sql} label="statement" wrap />
        )}
        <CheckSql projectRef={projectRef} sql={sql} />
      </Sheet>
      <SqlDialog
        projectRef={projectRef}
        title={policy === null ? `Create policy ${draft.name}` : `Alter policy ${policy.name}`}
        sql={isReviewed ? sql : null}
        migrationName={`${policy === null ? 'create' : 'alter'}_policy_of_${relation.name}`}
        onClose={() => setIsReviewed(false)}
        onDone={close}
      />
    </>
  )
}

function Fields({
  projectRef,
  draft,
  set,
}: {
  readonly projectRef: string
  readonly draft: PolicyDraft
  readonly set: (changes: Partial<PolicyDraft>) => void
}): ReactElement {
  const roles = useProject<readonly { name: string }[]>(projectRef, 'catalog/roles')
  const names = new Set(['anon', 'authenticated', 'service_role', ...draft.roles])
  const others = (roles.data ?? []).map(({ name }) => name).filter((name) => !names.has(name))
  return (
    <>
      <TextField
        label="Name"
        value={draft.name}
        onChange={(event) => set({ name: event.target.value })}
        required
      />
      <div className="cards">
        <SelectField
          label="Command"
          help="What it is asked for"
          value={draft.command}
          options={commands}
          onChange={(event) => set({ command: event.target.value as PolicyDraft['command'] })}
        />
        <SelectField
          label="Kind"
          help="One permissive policy is enough; every restrictive one has to let a row pass"
          value={draft.permissive ? 'permissive' : 'restrictive'}
          options={['permissive', 'restrictive']}
          onChange={(event) => set({ permissive: event.target.value === 'permissive' })}
        />
      </div>
      <fieldset className="policy-roles">
        <legend>To roles; none is everybody</legend>
        {[...names].map((role) => (
          <Check
            key={role}
            label={role}
            checked={draft.roles.includes(role)}
            onChange={(event) =>
              set({
                roles: event.target.checked
                  ? [...draft.roles, role]
                  : draft.roles.filter((other) => other !== role),
              })
            }
          />
        ))}
        {others.length > 0 && (
          <SelectField
            label="Another role"
            value=""
            options={[{ value: '', label: 'Choose' }, ...others]}
            onChange={(event) =>
              event.target.value !== '' && set({ roles: [...draft.roles, event.target.value] })
            }
          />
        )}
      </fieldset>
      {hasUsing(draft.command) && (
        <TextArea
          label="USING: rows that are there"
          help="(select auth.uid()) is asked once a statement, auth.uid() once a row."
          mono
          rows={3}
          value={draft.using}
          placeholder="user_id = (select auth.uid())"
          onChange={(event) => set({ using: event.target.value })}
        />
      )}
      {hasCheck(draft.command) && (
        <TextArea
          label="WITH CHECK: new rows"
          {...(draft.command === 'INSERT'
            ? {}
            : { help: 'Left empty, USING is asked of them too' })}
          mono
          rows={3}
          value={draft.check}
          placeholder="user_id = (select auth.uid())"
          onChange={(event) => set({ check: event.target.value })}
        />
      )}
    </>
  )
}
