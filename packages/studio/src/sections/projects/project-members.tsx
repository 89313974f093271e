/** Who sees a project besides owners. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import {
  Button,
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Notice,
  Select,
  SelectField,
  TextField,
  toast,
} from '#studio/ui'
import { useStep } from './project.ts'

interface Member {
  readonly operator_id: string
  readonly email: string
  readonly role: string
}

const roles = ['read-only', 'developer', 'admin']

export function ProjectMembers({ projectRef }: { readonly projectRef: string }): ReactElement {
  const refused = refusal(useSession().data?.operator?.role, 'admin')
  const members = useProject<readonly Member[]>(projectRef, 'members', {
    enabled: refused === null,
  })
  const step = useStep(projectRef)
  const [removed, setRemoved] = useState<Member | null>(null)
  const { data, error } = members
  const put = (operator: string, role: string): void =>
    step.mutate(
      { method: 'PUT', path: `members/${encodeURIComponent(operator)}`, body: { role } },
      { onSuccess: () => toast(`${operator} is ${role}`) },
    )
  if (refused !== null) return <Notice kind="info">{refused}</Notice>
  return (
    <>
      {error !== null && <ErrorNotice error={error} onRetry={() => void members.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && (
        <EmptyState
          title="No members yet"
          command={`basalt projects set-member ${projectRef} someone@example.com --role developer`}
        >
          Owners see every project; others see those they are members of.
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <DataTable
          label="Members"
          rows={data}
          rowKey={({ operator_id: id }) => id}
          columns={[
            { name: 'E-mail', cell: ({ email }) => email, sort: ({ email }) => email },
            {
              name: 'Role',
              cell: ({ email, role }) => (
                <Select
                  aria-label={`Role of ${email}`}
                  value={role}
                  options={roles}
                  onChange={(event) => put(email, event.target.value)}
                />
              ),
            },
            {
              name: '',
              cell: (member) => (
                <Button
                  size="small"
                  aria-label={`Remove ${member.email}`}
                  onClick={() => setRemoved(member)}
                >
                  Remove
                </Button>
              ),
            },
          ]}
        />
      )}
      <AddMember onAdd={put} />
      {step.error !== null && <ErrorNotice title="Not changed" error={step.error} />}
      <ConfirmDialog
        open={removed !== null}
        title={`Remove ${removed?.email ?? ''}?`}
        action="Remove member"
        onClose={() => setRemoved(null)}
        onConfirm={async () => {
          await step.mutateAsync({
            method: 'DELETE',
            path: `members/${encodeURIComponent(removed?.operator_id ?? '')}`,
          })
          setRemoved(null)
        }}
      >
        They do not see the project any more. They stay an operator.
      </ConfirmDialog>
    </>
  )
}

function AddMember({
  onAdd,
}: {
  readonly onAdd: (operator: string, role: string) => void
}): ReactElement {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState('developer')
  return (
    <form
      className="row wrap"
      style={{ alignItems: 'flex-end' }}
      onSubmit={(event) => {
        event.preventDefault()
        onAdd(email, role)
        setEmail('')
      }}
    >
      <TextField
        label="Operator"
        type="email"
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <SelectField
        label="Role"
        value={role}
        options={roles}
        onChange={(event) => setRole(event.target.value)}
      />
      <Button type="submit">Add member</Button>
    </form>
  )
}
