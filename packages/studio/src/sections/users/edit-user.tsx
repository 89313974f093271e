/** An account's addresses and what is kept about it. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useSession } from '#studio/api'
import { useDraft } from '#studio/place'
import { Button, ErrorNotice, Sheet, TextArea, TextField, toast } from '#studio/ui'
import type { User } from './users.ts'

type Metadata = Readonly<Record<string, unknown>>

interface Typed {
  readonly email: string
  readonly phone: string
  readonly userMetadata: string
  readonly appMetadata: string
}

const textOf = (value: Metadata): string => JSON.stringify(value, null, 2)

export function EditUser({
  projectRef,
  user,
  onClose,
}: {
  readonly projectRef: string
  readonly user: User
  readonly onClose: () => void
}): ReactElement {
  const role = useSession().data?.operator?.role
  const save = useChange(projectRef, ['users'])
  const [draft, setDraft] = useDraft<Typed | null>(`edit-user:${projectRef}:${user.id}`, null)
  const [password, setPassword] = useState('')
  const typed: Typed = draft ?? {
    email: user.email ?? '',
    phone: user.phone ?? '',
    userMetadata: textOf(user.user_metadata),
    appMetadata: textOf(user.app_metadata),
  }
  const set = (change: Partial<Typed>): void => setDraft({ ...typed, ...change })
  const [userMetadata, userProblem] = readObject(typed.userMetadata)
  const [appMetadata, appProblem] = readObject(typed.appMetadata)
  const isWrong = userMetadata === null || appMetadata === null
  const close = (): void => {
    setDraft(null)
    onClose()
  }
  const submit = (): void => {
    if (userMetadata === null || appMetadata === null) return
    const body = {
      ...(typed.email !== (user.email ?? '')
        ? { email: typed.email.trim(), email_confirm: true }
        : {}),
      ...(typed.phone !== (user.phone ?? '')
        ? { phone: typed.phone.trim(), phone_confirm: true }
        : {}),
      ...(password === '' ? {} : { password }),
      user_metadata: patchOf(user.user_metadata, userMetadata),
      app_metadata: patchOf(user.app_metadata, appMetadata),
    }
    save.mutate(
      { method: 'PUT', path: `users/${user.id}`, body },
      {
        onSuccess: () => {
          toast('User saved')
          close()
        },
      },
    )
  }
  return (
    <Sheet
      open
      wide
      onClose={close}
      title="Edit user"
      onSubmit={submit}
      dirty={draft !== null || password !== ''}
      foot={
        <>
          <Button onClick={onClose}>Close, keep as draft</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={isWrong || save.isPending}
            refusal={refusal(role, 'developer')}
          >
            Save user
          </Button>
        </>
      }
    >
      {save.error !== null && <ErrorNotice error={save.error} title="User not saved" />}
      <TextField
        label="E-mail"
        type="email"
        help="A new one counts as confirmed."
        value={typed.email}
        onChange={(event) => set({ email: event.target.value })}
      />
      <TextField
        label="Phone"
        type="tel"
        value={typed.phone}
        onChange={(event) => set({ phone: event.target.value })}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        help="Empty: it stays. A new one ends every session."
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <TextArea
        label="User metadata"
        help="JSON. The user can change it."
        mono
        rows={9}
        value={typed.userMetadata}
        problem={userProblem}
        onChange={(event) => set({ userMetadata: event.target.value })}
      />
      <TextArea
        label="App metadata"
        help="JSON. Only the server changes it; it is in their token from the next refresh on."
        mono
        rows={9}
        value={typed.appMetadata}
        problem={appProblem}
        onChange={(event) => set({ appMetadata: event.target.value })}
      />
    </Sheet>
  )
}

function readObject(text: string): readonly [Metadata | null, string | null] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return [value as Metadata, null]
    return [null, 'A JSON object is needed: { "name": "value" }']
  } catch (error) {
    return [null, error instanceof Error ? error.message : String(error)]
  }
}

/** Auth merges: null takes a name away. */
function patchOf(before: Metadata, after: Metadata): Metadata {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...after }
}
