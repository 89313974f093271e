/** A project made in a database: the database is tested first, and everything that is missing is named. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call } from '#studio/api'
import { useDraft, usePlace } from '#studio/place'
import { Button, Progress, SelectField, Sheet, TextField, toast } from '#studio/ui'
import type { Requirement, ShownProject } from './project.ts'
import { RefusedDatabase, Warnings } from './requirements.tsx'

interface Created extends ShownProject {
  readonly warnings: readonly Requirement[]
}

export function NewProject({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { go } = usePlace()
  const client = useQueryClient()
  const [draft, setDraft] = useDraft('new project', { ref: '', name: '', signing: 'ES256' })
  // the address holds a password: it is not kept
  const [url, setUrl] = useState('')
  const create = useMutation({
    mutationFn: () =>
      call<Created>('POST', '/admin/v1/projects', {
        body: {
          ref: draft.ref,
          ...(draft.name === '' ? {} : { name: draft.name }),
          db_url: url,
          signing: draft.signing,
        },
      }),
    onSuccess: async ({ ref, warnings }) => {
      await client.invalidateQueries({ queryKey: ['projects'] })
      setDraft({ ref: '', name: '', signing: 'ES256' })
      toast(`Project ${ref} is made`)
      if (warnings.length === 0) go({ path: [ref], search: {} })
    },
  })
  const set = (name: keyof typeof draft) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value })
  const made = create.data
  return (
    <Sheet
      open
      onClose={onClose}
      title="Create project"
      onSubmit={() => create.mutate()}
      foot={
        made === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" disabled={create.isPending}>
              Test the database and create
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={() => go({ path: [made.ref], search: {} })}>
            Open {made.name}
          </Button>
        )
      }
    >
      {made === undefined ? (
        <>
          <TextField
            label="Ref"
            help="Its name in addresses: 2 to 40 lower-case letters, digits and hyphens."
            mono
            required
            value={draft.ref}
            onChange={set('ref')}
          />
          <TextField
            label="Name"
            help="For people; left out, the ref."
            value={draft.name}
            onChange={set('name')}
          />
          <TextField
            label="Database"
            help="postgres://user:password@host:5432/database of a role that owns it and has CREATEROLE, or a reference to a secret."
            mono
            required
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
          <SelectField
            label="Tokens are signed with"
            value={draft.signing}
            options={[
              { value: 'ES256', label: 'ES256, a key pair' },
              { value: 'HS256', label: 'HS256, a shared secret' },
            ]}
            onChange={set('signing')}
          />
          {create.isPending && (
            <Progress done={null} label="Testing the database, making the project" />
          )}
          {create.error !== null && !create.isPending && <RefusedDatabase error={create.error} />}
        </>
      ) : (
        <Warnings warnings={made.warnings} />
      )}
    </Sheet>
  )
}
