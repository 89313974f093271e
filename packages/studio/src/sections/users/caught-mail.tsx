/** Mail that `basalt start` caught instead of sending it. */
import { Copy, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { projectPath, refusal, useChange, useProject, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNotice,
  Facts,
  IconButton,
  Loading,
  Split,
  ago,
  clockTime,
  copyText,
  plural,
  toast,
} from '#studio/ui'

interface Address {
  readonly Name: string
  readonly Address: string
}

interface Mail {
  readonly ID: string
  readonly From: Address | null
  readonly To: readonly Address[] | null
  readonly Subject: string
  readonly Created: string
}

interface OpenMail {
  readonly From: Address | null
  readonly To: readonly Address[] | null
  readonly Subject: string
  readonly Date: string
  readonly Text: string
}

const addresses = (all: readonly Address[] | null): string =>
  (all ?? []).map(({ Address: address }) => address).join(', ')

export function CaughtMail(): ReactElement {
  const { ref, path, go, href } = usePlace()
  const [isClearing, setIsClearing] = useState(false)
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'developer')
  const mail = useProject<{ messages: readonly Mail[]; total: number }>(ref, 'mail', {
    query: { limit: 200 },
    everyMs: 3000,
  })
  const clear = useChange(ref, ['mail'])
  const open = path[1]
  if (mail.data === undefined)
    return mail.error === null ? (
      <Loading />
    ) : (
      <div className="page-body">
        <ErrorNotice error={mail.error} onRetry={() => void mail.refetch()} />
      </div>
    )
  const { messages, total } = mail.data
  if (messages.length === 0 && open === undefined)
    return (
      <EmptyState title="No mail is caught yet">
        Invitations, sign-in links and the like of this project arrive here instead of being sent.
      </EmptyState>
    )
  const side = (
    <>
      <div className="side-head">
        <div className="row">
          <span className="muted">{plural(total, 'mail')}</span>
          <span className="spacer" />
          <Button size="small" refusal={refused} onClick={() => setIsClearing(true)}>
            <Trash2 size={13} aria-hidden /> Delete all
          </Button>
        </div>
      </div>
      <ul className="side-list" aria-label="Caught mail">
        {messages.map(({ ID: id, To: to, Subject: subject, Created: created }) => (
          <li key={id}>
            <Link
              className="side-item mail-item"
              href={href({ path: ['mail', id], search: {} })}
              aria-current={id === open ? 'page' : undefined}
            >
              <span className="truncate">{subject || 'Without a subject'}</span>
              <span className="muted small truncate">
                {addresses(to)} · {ago(created)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
  return (
    <>
      <Split
        side={side}
        sideLabel="Caught mail"
        isOpen={open !== undefined}
        onBack={() => go({ path: ['mail'], search: {} })}
      >
        {open === undefined ? (
          <EmptyState title="Choose a mail">It is shown as it would arrive.</EmptyState>
        ) : (
          <MailView key={open} projectRef={ref} id={open} refused={refused} />
        )}
      </Split>
      <ConfirmDialog
        open={isClearing}
        title={`Delete ${plural(total, 'caught mail')}?`}
        action={`Delete ${plural(total, 'mail')}`}
        onClose={() => setIsClearing(false)}
        onConfirm={async () => {
          await clear.mutateAsync({ method: 'DELETE', path: 'mail' })
          setIsClearing(false)
          go({ path: ['mail'], search: {} })
          toast('The caught mail is deleted')
        }}
      >
        Links in them keep working for who has them.
      </ConfirmDialog>
    </>
  )
}

const link = /https?:\/\/[^\s()<>"']{1,2000}/g

function MailView({
  projectRef,
  id,
  refused,
}: {
  readonly projectRef: string
  readonly id: string
  readonly refused: string | null
}): ReactElement {
  const { go } = usePlace()
  const path = `mail/${encodeURIComponent(id)}` as const
  const mail = useProject<OpenMail>(projectRef, path, { keepsOld: false })
  const remove = useChange(projectRef, ['mail'])
  if (mail.data === undefined)
    return mail.error === null ? (
      <Loading />
    ) : (
      <div className="page-body">
        <ErrorNotice error={mail.error} onRetry={() => void mail.refetch()} />
      </div>
    )
  const { From: from, To: to, Subject: subject, Date: date, Text: text } = mail.data
  const links = [...new Set(text.match(link) ?? [])].slice(0, 20)
  return (
    <div className="page">
      <div className="page-body">
        <div className="row">
          <h1 className="grow user-name">{subject || 'Without a subject'}</h1>
          <span className="spacer" />
          <IconButton
            label="Delete this mail"
            icon={<Trash2 size={15} />}
            refusal={refused}
            onClick={() =>
              remove.mutate(
                { method: 'DELETE', path },
                { onSuccess: () => go({ path: ['mail'], search: {} }) },
              )
            }
          />
        </div>
        <Facts
          facts={[
            ['From', from?.Address ?? 'unknown'],
            ['To', addresses(to)],
            ['At', clockTime(date)],
          ]}
        />
        <iframe
          className="mail-frame"
          title="The mail"
          sandbox=""
          src={projectPath(projectRef, `${path}/html`)}
        />
        {links.length > 0 && (
          <section className="stack tight">
            <h2>Links in it</h2>
            {links.map((address) => (
              <div key={address} className="row mail-link">
                <code className="user-name">{address}</code>
                <IconButton
                  size="small"
                  label="Copy link"
                  icon={<Copy size={14} />}
                  onClick={() => copyText(address, 'Link')}
                />
              </div>
            ))}
          </section>
        )}
      </div>
    </div>
  )
}
