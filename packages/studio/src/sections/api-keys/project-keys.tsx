/** What programs of the project itself bring along. */
import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import {
  Button,
  Dialog,
  ErrorNotice,
  Field,
  KeyField,
  Loading,
  Notice,
  SelectField,
  clockTime,
  toast,
} from '#studio/ui'
import type { ProjectKeys } from './keys.ts'

export function ProjectKeysView({ projectRef }: { readonly projectRef: string }): ReactElement {
  const session = useSession().data
  const role = session?.operator?.role
  const refused = refusal(role, 'developer')
  const keys = useProject<ProjectKeys>(projectRef, 'keys', { enabled: refused === null })
  const project = useProject<{ api_url: string | null }>(projectRef, '')
  const [isRotating, setIsRotating] = useState(false)
  if (refused !== null) return <Notice kind="warn">{refused}.</Notice>
  if (keys.data === undefined)
    return keys.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />
    )
  const { data } = keys
  const isStart = session?.shape === 'start'
  return (
    <>
      {data.retired_until.length > 0 && (
        <Notice>
          Earlier keys are still good:{' '}
          {data.retired_until.map((at) => `until ${clockTime(at)}`).join(', ')}.
        </Notice>
      )}
      <section className="card">
        <header>
          <h2>For browsers and apps</h2>
        </header>
        <div className="body stack">
          <p className="muted">Whoever has them sees what policies let the role anon see.</p>
          {typeof project.data?.api_url === 'string' && (
            <Key label="URL" value={project.data.api_url} help="Of the project." />
          )}
          <Key label="Publishable key" value={data.publishable_key} help="For new programs." />
          <Key
            label="anon key"
            value={data.anon_key}
            help={`The older form: a token signed with ${data.signing}.`}
          />
        </div>
      </section>
      <section className="card">
        <header>
          <h2>For servers of your own</h2>
        </header>
        <div className="body stack">
          <Notice kind="warn">
            They pass every policy. They belong into no browser, no app, no repository.
          </Notice>
          <Key label="Secret key" value={data.secret_key} secret help="For new programs." />
          <Key
            label="service_role key"
            value={data.service_role_key}
            secret
            help={`The older form: a token signed with ${data.signing}.`}
          />
        </div>
      </section>
      <section className="card">
        <header>
          <h2>Rotation</h2>
        </header>
        <div className="body stack">
          {isStart ? (
            <p>
              Here the keys come from supabase/config.toml and its environment: change
              auth.jwt_secret, and start again.
            </p>
          ) : (
            <>
              <p className="muted">
                New keys take the place of these at once. These stay good for as long as you say, so
                that programs can be changed in peace.
              </p>
              <div>
                <Button refusal={refusal(role, 'admin')} onClick={() => setIsRotating(true)}>
                  <RefreshCw size={14} aria-hidden /> Rotate keys
                </Button>
              </div>
            </>
          )}
        </div>
      </section>
      {isRotating && (
        <RotateDialog
          projectRef={projectRef}
          signing={data.signing}
          onClose={() => setIsRotating(false)}
        />
      )}
    </>
  )
}

function Key({
  label,
  value,
  help,
  secret = false,
}: {
  readonly label: string
  readonly value: string
  readonly help: string
  readonly secret?: boolean
}): ReactElement {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <KeyField label={label} value={value} secret={secret} />
      <span className="help">{help}</span>
    </div>
  )
}

const graces = [
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
  { value: '2592000', label: '30 days' },
  { value: '0', label: 'Not at all: programs that have them stop now' },
]

function RotateDialog({
  projectRef,
  signing,
  onClose,
}: {
  readonly projectRef: string
  readonly signing: ProjectKeys['signing']
  readonly onClose: () => void
}): ReactElement {
  const change = useChange<ProjectKeys>(projectRef, ['keys'])
  const [grace, setGrace] = useState('86400')
  const [algorithm, setAlgorithm] = useState<string>(signing)
  const rotate = (): void =>
    change.mutate(
      {
        method: 'POST',
        path: 'keys/rotate',
        body: { grace_seconds: Number(grace), signing: algorithm },
      },
      {
        onSuccess: ({ retired_until: until }) => {
          const last = until.at(-1)
          toast(
            last === undefined
              ? 'New keys; the earlier ones have ended'
              : `New keys; the earlier ones are good until ${clockTime(last)}`,
          )
          onClose()
        },
      },
    )
  return (
    <Dialog
      open
      title="Rotate keys"
      onClose={onClose}
      onSubmit={rotate}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={grace === '0' ? 'danger' : 'primary'}
            disabled={change.isPending}
          >
            Rotate keys
          </Button>
        </>
      }
    >
      <SelectField
        label="The present keys stay good for"
        value={grace}
        options={graces}
        onChange={(event) => setGrace(event.target.value)}
      />
      <SelectField
        label="Tokens are signed with"
        value={algorithm}
        options={[
          { value: 'ES256', label: 'ES256, a key pair: others can verify tokens' },
          { value: 'HS256', label: 'HS256, a shared secret' },
        ]}
        onChange={(event) => setAlgorithm(event.target.value)}
      />
      <Field label="What changes">
        {() => (
          <p className="muted">
            All four keys. Users stay signed in for as long as the earlier keys are good; their
            sessions go on with tokens of the new ones.
          </p>
        )}
      </Field>
      {change.error !== null && <ErrorNotice title="Not rotated" error={change.error} />}
    </Dialog>
  )
}
