/** Keys of a project: copied, and made anew while those of before go on for a while. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import {
  Button,
  ConfirmDialog,
  ErrorNotice,
  KeyField,
  Loading,
  Notice,
  SelectField,
  clockTime,
  toast,
} from '#studio/ui'
import { useStep } from './project.ts'

interface Keys {
  readonly anon_key: string
  readonly service_role_key: string
  readonly publishable_key: string
  readonly secret_key: string
  readonly signing: 'HS256' | 'ES256'
  readonly retired_until: readonly string[]
}

const graces = [
  { value: '86400', label: 'a day' },
  { value: '604800', label: 'a week' },
  { value: '2592000', label: '30 days' },
  { value: '0', label: 'no time: they end at once' },
]

export function ProjectKeys({ projectRef }: { readonly projectRef: string }): ReactElement {
  const role = useSession().data?.operator?.role
  const keys = useProject<Keys>(projectRef, 'keys', {
    enabled: refusal(role, 'developer') === null,
  })
  const rotate = useStep(projectRef)
  const [grace, setGrace] = useState('86400')
  const [isAsking, setIsAsking] = useState(false)
  const { data, error } = keys
  if (refusal(role, 'developer') !== null)
    return <Notice kind="info">{refusal(role, 'developer')}</Notice>
  return (
    <>
      {error !== null && <ErrorNotice error={error} onRetry={() => void keys.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <div className="stack">
          <KeyRow
            label="Publishable key"
            about="For browsers and apps: policies decide."
            value={data.publishable_key}
          />
          <KeyRow
            label="Secret key"
            about="For servers: it passes all policies."
            value={data.secret_key}
            secret
          />
          <KeyRow label="anon key" about="As the publishable key, a JWT." value={data.anon_key} />
          <KeyRow
            label="service_role key"
            about="As the secret key, a JWT."
            value={data.service_role_key}
            secret
          />
          {data.retired_until.map((until) => (
            <Notice key={until} kind="warn">
              Earlier keys are good until {clockTime(until)}.
            </Notice>
          ))}
          <div className="row wrap" style={{ alignItems: 'flex-end' }}>
            <SelectField
              label="Earlier keys are good for"
              value={grace}
              options={graces}
              onChange={(event) => setGrace(event.target.value)}
            />
            <Button refusal={refusal(role, 'admin')} onClick={() => setIsAsking(true)}>
              Rotate keys
            </Button>
            <span className="muted">Tokens are signed with {data.signing}.</span>
          </div>
        </div>
      )}
      <ConfirmDialog
        open={isAsking}
        title="Rotate the keys?"
        action="Rotate keys"
        onClose={() => setIsAsking(false)}
        onConfirm={async () => {
          await rotate.mutateAsync({
            method: 'POST',
            path: 'keys/rotate',
            body: { grace_seconds: Number(grace) },
          })
          setIsAsking(false)
          toast('New keys are made')
        }}
      >
        {grace === '0'
          ? 'Every app with an earlier key is refused at once, and everybody is signed out.'
          : `Apps need the new keys within ${graces.find(({ value }) => value === grace)?.label}; then the earlier ones are refused.`}
      </ConfirmDialog>
    </>
  )
}

function KeyRow({
  label,
  about,
  value,
  secret = false,
}: {
  readonly label: string
  readonly about: string
  readonly value: string
  readonly secret?: boolean
}): ReactElement {
  return (
    <div className="stack tight">
      <h3>{label}</h3>
      <p className="muted small">{about}</p>
      <KeyField label={label} value={value} secret={secret} />
    </div>
  )
}
