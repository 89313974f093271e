/** How one can sign in, as it is now; changed in Settings. */
import { Settings } from 'lucide-react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import { Badge, DataTable, ErrorNotice, Facts, Loading, Page } from '#studio/ui'

interface AuthSettings {
  readonly external: Readonly<Record<string, boolean>>
  readonly disable_signup: boolean
  readonly mailer_autoconfirm: boolean
  readonly phone_autoconfirm: boolean
  readonly sms_provider: string
  readonly saml_enabled: boolean
  readonly passkeys_enabled?: boolean
}

const names: Readonly<Record<string, string>> = {
  anonymous_users: 'Anonymous',
  email: 'E-mail',
  phone: 'Phone',
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin_oidc: 'LinkedIn (OIDC)',
  linkedin: 'LinkedIn',
  slack_oidc: 'Slack (OIDC)',
  workos: 'WorkOS',
}

const titled = (name: string): string => names[name] ?? name.charAt(0).toUpperCase() + name.slice(1)

/** Where each is set. */
const sectionOf = (name: string): string => {
  if (name === 'email') return '[auth.email]'
  if (name === 'phone') return '[auth.sms]'
  return name === 'anonymous_users' ? '[auth] enable_anonymous_sign_ins' : `[auth.external.${name}]`
}

export function Providers(): ReactElement {
  const { ref, href } = usePlace()
  const settings = useProject<AuthSettings>(ref, 'auth/settings')
  const { data } = settings
  const rows = Object.entries(data?.external ?? {})
    .map(([name, isOn]) => ({ name, isOn }))
    .toSorted((a, b) => Number(b.isOn) - Number(a.isOn) || a.name.localeCompare(b.name))
  return (
    <Page
      title="Providers"
      about="How users can sign in. What is said here is in effect now."
      actions={
        <Link className="button" href={href({ section: 'settings' })}>
          <Settings size={15} aria-hidden /> Change in Settings
        </Link>
      }
    >
      {settings.error !== null && (
        <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {data === undefined && settings.error === null && <Loading />}
      {data !== undefined && (
        <>
          <section className="card">
            <div className="body">
              <Facts
                facts={[
                  ['Sign-up', data.disable_signup ? 'closed: only you make users' : 'open'],
                  [
                    'E-mail addresses',
                    data.mailer_autoconfirm ? 'are not confirmed' : 'have to be confirmed by mail',
                  ],
                  [
                    'Phone numbers',
                    data.phone_autoconfirm
                      ? 'are not confirmed'
                      : `have to be confirmed by SMS (${data.sms_provider || 'no provider'})`,
                  ],
                  ['SAML', data.saml_enabled ? 'on' : 'off'],
                  ['Passkeys', data.passkeys_enabled === true ? 'on' : 'off'],
                ]}
              />
            </div>
          </section>
          <DataTable
            label="Providers"
            rows={rows}
            rowKey={({ name }) => name}
            columns={[
              { name: 'Provider', cell: ({ name }) => titled(name), sort: ({ name }) => name },
              {
                name: 'State',
                cell: ({ isOn }) => (
                  <Badge kind={isOn ? 'ok' : 'plain'}>{isOn ? 'on' : 'off'}</Badge>
                ),
                sort: ({ isOn }) => Number(isOn),
              },
              {
                name: 'In config.toml',
                cell: ({ name }) => <code className="muted">{sectionOf(name)}</code>,
              },
            ]}
          />
        </>
      )}
    </Page>
  )
}
