/** What is done to a user: banned, deleted, given a link. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useChange, useForget, useSession } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Button,
  Check,
  ConfirmDialog,
  Dialog,
  ErrorNotice,
  KeyField,
  Notice,
  SelectField,
  TextField,
  toast,
} from '#studio/ui'
import { nameOf } from './users.ts'
import type { User } from './users.ts'

interface UserDialogProps {
  readonly projectRef: string
  readonly user: User
  readonly onClose: () => void
}

const durations = [
  { value: '1h', label: 'One hour' },
  { value: '24h', label: 'One day' },
  { value: '168h', label: 'One week' },
  { value: '720h', label: '30 days' },
  { value: '876000h', label: 'For good (100 years)' },
  { value: '', label: 'As I say' },
]

export function BanUser({
  projectRef,
  user,
  onClose,
  lifts = false,
}: UserDialogProps & { readonly lifts?: boolean }): ReactElement {
  const role = useSession().data?.operator?.role
  const [duration, setDuration] = useState('24h')
  const [own, setOwn] = useState('')
  const ban = useChange(projectRef, ['users'])
  const wanted = lifts ? 'none' : duration === '' ? own.trim() : duration
  const action = lifts ? 'Lift the ban' : 'Ban user'
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${action}: ${nameOf(user)}`}
      onSubmit={() =>
        ban.mutate(
          { method: 'PUT', path: `users/${user.id}`, body: { ban_duration: wanted } },
          {
            onSuccess: () => {
              toast(lifts ? 'The ban is lifted' : `${nameOf(user)} is banned`)
              onClose()
            },
          },
        )
      }
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={lifts ? 'primary' : 'danger'}
            type="submit"
            disabled={wanted === '' || ban.isPending}
            refusal={refusal(role, 'developer')}
          >
            {action}
          </Button>
        </>
      }
    >
      {ban.error !== null && <ErrorNotice error={ban.error} title="Nothing was changed" />}
      {lifts ? (
        <p>They can sign in again at once.</p>
      ) : (
        <>
          <p>
            They cannot sign in or refresh a session, and Auth refuses their tokens. Other services
            take a token that is out already until it expires.
          </p>
          <SelectField
            label="How long"
            options={durations}
            value={duration}
            onChange={(event) => setDuration(event.target.value)}
          />
          {duration === '' && (
            <TextField
              label="Duration"
              mono
              help="Hours, minutes, seconds: 72h, 1h30m"
              value={own}
              onChange={(event) => setOwn(event.target.value)}
            />
          )}
        </>
      )}
    </Dialog>
  )
}

export function DeleteUser({ projectRef, user, onClose }: UserDialogProps): ReactElement {
  const { go } = usePlace()
  const forget = useForget(projectRef)
  const [isSoft, setIsSoft] = useState(false)
  const remove = async (): Promise<void> => {
    await call('DELETE', projectPath(projectRef, `users/${user.id}`), {
      body: { should_soft_delete: isSoft },
    })
    toast(`${nameOf(user)} is deleted`)
    go({ path: [], search: {} })
    await forget('users')
  }
  return (
    <ConfirmDialog
      open
      title={`Delete ${nameOf(user)}?`}
      action="Delete user"
      onClose={onClose}
      onConfirm={remove}
    >
      <div className="stack tight">
        <p>
          {isSoft
            ? 'Their addresses and metadata are wiped and they can never sign in again; the row stays for what refers to it.'
            : 'The account, its identities, factors and sessions are deleted, and rows of yours that refer to it with “on delete cascade”. This cannot be undone.'}
        </p>
        <Check
          label="Keep the row, without what tells who it was (soft delete)"
          checked={isSoft}
          onChange={(event) => setIsSoft(event.target.checked)}
        />
      </div>
    </ConfirmDialog>
  )
}

const kinds = [
  { value: 'magiclink', label: 'Sign in' },
  { value: 'recovery', label: 'Choose a new password' },
  { value: 'invite', label: 'Invitation (while not confirmed)' },
]

interface MadeLink {
  readonly action_link: string
  readonly email_otp: string
}

/** In memory of the page alone: whoever has it is signed in as the user. */
export function LinkDialog({ projectRef, user, onClose }: UserDialogProps): ReactElement {
  const role = useSession().data?.operator?.role
  const [type, setType] = useState('magiclink')
  const [redirect, setRedirect] = useState('')
  const make = useChange<MadeLink>(projectRef, [])
  return (
    <Dialog
      open
      onClose={onClose}
      title={`A link for ${nameOf(user)}`}
      onSubmit={() =>
        make.mutate({
          method: 'POST',
          path: 'auth/generate_link',
          body: {
            type,
            email: user.email,
            ...(redirect === '' ? {} : { redirect_to: redirect }),
          },
        })
      }
      foot={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={make.isPending}
            refusal={refusal(role, 'developer')}
          >
            Make link
          </Button>
        </>
      }
    >
      <SelectField
        label="What for"
        options={kinds}
        value={type}
        onChange={(event) => setType(event.target.value)}
      />
      <TextField
        label="Then go to"
        type="url"
        help="One of the allowed addresses; empty for site_url."
        value={redirect}
        onChange={(event) => setRedirect(event.target.value)}
      />
      {make.error !== null && <ErrorNotice error={make.error} title="No link was made" />}
      {make.data !== undefined && (
        <>
          <Notice kind="warn">
            Whoever opens it is signed in as this user, once. It is shown here only, and no mail is
            sent.
          </Notice>
          <KeyField label="Link" value={make.data.action_link} secret />
          <KeyField label="Code" value={make.data.email_otp} secret />
        </>
      )}
    </Dialog>
  )
}
