/** Saves a query as a snippet; what somebody else saved in between is not overwritten unseen. */
import { Save } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { ApiError } from '#studio/api'
import { usePlace } from '#studio/place'
import { Button, Dialog, ErrorNotice, Notice, TextField, toast } from '#studio/ui'
import type { UsedSnippet } from './snippets.ts'

export function SaveButton({
  name,
  snippet,
  refusal: refused,
}: {
  readonly name: string | null
  readonly snippet: UsedSnippet
  readonly refusal: string | null
}): ReactElement {
  const { go } = usePlace()
  const [typed, setTyped] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const isConflict = error instanceof ApiError && error.status === 409
  const save = (as: string, isOver = false): void => {
    setError(null)
    snippet.save(as, isOver).then(() => {
      toast(`${as} saved`)
      setTyped(null)
      if (as !== name) go({ path: [as], search: {} })
    }, setError)
  }
  return (
    <>
      <Button
        size="small"
        refusal={refused}
        data-save=""
        onClick={() => (name === null ? setTyped('') : save(name))}
      >
        <Save size={13} aria-hidden /> Save
      </Button>
      <Dialog
        open={typed !== null || error !== null}
        onClose={() => {
          setTyped(null)
          setError(null)
        }}
        title={isConflict ? 'Saved by someone else in between' : 'Save as snippet'}
        onSubmit={() => typed !== null && typed !== '' && save(typed)}
        foot={
          isConflict ? (
            <>
              <Button
                onClick={() => {
                  setError(null)
                  snippet.revert()
                }}
              >
                Take theirs
              </Button>
              <Button kind="danger" onClick={() => save(typed ?? name ?? '', true)}>
                Save mine over it
              </Button>
            </>
          ) : (
            <Button kind="primary" type="submit" disabled={typed === null || typed === ''}>
              Save
            </Button>
          )
        }
      >
        {isConflict && (
          <Notice kind="warn">
            Nothing was overwritten. Another window or an editor has changed the file since it was
            read here.
          </Notice>
        )}
        {error !== null && !isConflict && <ErrorNotice error={error} />}
        {typed !== null && (
          <TextField
            label="Name"
            help="A file in supabase/snippets"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Dialog>
    </>
  )
}
