/** A user is made, or invited by mail. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useSession } from '#studio/api'
import { useDraft, usePlace } from '#studio/place'
import { Button, Check, Dialog, ErrorNotice, TextField, toast } from '#studio/ui'
import type { User } from './users.ts'

interface NewUserProps {
  readonly projectRef: string
  readonly onClose: () => void
}

export function CreateUser({ projectRef, onClose }: NewUserProps): ReactElement {
  const { go } = usePlace()
  const role = useSession().data?.operator?.role
  const [email, setEmail] = useDraft(`new-user:${projectRef}`, '')
  const [phone, setPhone] = useDraft(`new-user-phone:${projectRef}`, '')
  const [password, setPassword] = useState('')
  const [isConfirmed, setIsConfirmed] = useState(true)
  const create = useChange<User>(projectRef, ['users'])
  const close = (): void => {
    setEmail('')
    setPhone('')
    onClose()
  }
  const submit = (): void =>
    create.mutate(
      {
        method: 'POST',
        path: 'users',
        body: {
          ...(email === '' ? {} : { email: email.trim(), email_confirm: isConfirmed }),
          ...(phone === '' ? {} : { phone: phone.trim(), phone_confirm: isConfirmed }),
          ...(password === '' ? {} : { password }),
        },
      },
      {
        onSuccess: (user) => {
          setEmail('')
          setPhone('')
          toast(`${user.email || user.phone || 'User'} created`)
          go({ path: [user.id], search: {} })
        },
      },
    )
  return (
    <Dialog
      open
      onClose={close}
      title="Create user"
      onSubmit={submit}
      dirty={password !== ''}
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={create.isPending || (email.trim() === '' && phone.trim() === '')}
            refusal={refusal(role, 'developer')}
          >
            Create user
          </Button>
        </>
      }
    >
      {create.error !== null && <ErrorNotice error={create.error} title="Nobody was created" />}
      <TextField
        label="E-mail"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Phone"
        type="tel"
        help="With the country’s code. An e-mail or a phone is needed."
        value={phone}
        onChange={(event) => setPhone(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        help="Empty: they sign in by a link or a code."
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Check
        label="The address is theirs: nothing has to be confirmed"
        checked={isConfirmed}
        onChange={(event) => setIsConfirmed(event.target.checked)}
      />
    </Dialog>
  )
}

export function InviteUser({ projectRef, onClose }: NewUserProps): ReactElement {
  const role = useSession().data?.operator?.role
  const [email, setEmail] = useDraft(`invite:${projectRef}`, '')
  const invite = useChange(projectRef, ['users', 'mail', 'auth'])
  const close = (): void => {
    setEmail('')
    onClose()
  }
  return (
    <Dialog
      open
      onClose={close}
      title="Invite by e-mail"
      onSubmit={() =>
        invite.mutate(
          { method: 'POST', path: 'auth/invite', body: { email: email.trim() } },
          {
            onSuccess: () => {
              toast(`Invitation sent to ${email.trim()}`)
              close()
            },
          },
        )
      }
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={invite.isPending || email.trim() === ''}
            refusal={refusal(role, 'developer')}
          >
            Send invitation
          </Button>
        </>
      }
    >
      {invite.error !== null && <ErrorNotice error={invite.error} title="Nobody was invited" />}
      <TextField
        label="E-mail"
        type="email"
        help="They get the mail “invite” with a link that signs them in."
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
    </Dialog>
  )
}
