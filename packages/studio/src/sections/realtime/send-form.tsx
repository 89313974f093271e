/** What one says into the channel oneself. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useDraft } from '#studio/place'
import { Button, TextArea, TextField } from '#studio/ui'
import type { InspectorSession } from './inspector-session.ts'

function read(text: string): readonly [unknown, string | null] {
  try {
    return [JSON.parse(text), null]
  } catch (error) {
    return [null, error instanceof Error ? error.message : String(error)]
  }
}

export function SendForm({ session }: { readonly session: InspectorSession }): ReactElement {
  const [event, setEvent] = useDraft('realtime-event', 'message')
  const [text, setText] = useDraft('realtime-payload', '{ "text": "Hello" }')
  const [isPresent, setIsPresent] = useState(false)
  const [payload, problem] = read(text)
  const track = (): void => {
    if (isPresent) session.untrack()
    else session.track(payload)
    setIsPresent(!isPresent)
  }
  return (
    <fieldset className="send-form">
      <legend>Send</legend>
      <TextField label="Event" value={event} onChange={({ target }) => setEvent(target.value)} />
      <TextArea
        label="Payload"
        mono
        rows={4}
        value={text}
        problem={problem}
        onChange={({ target }) => setText(target.value)}
      />
      <div className="row wrap">
        <Button
          disabled={problem !== null || event === ''}
          onClick={() => session.broadcast(event, payload)}
        >
          Broadcast
        </Button>
        <Button disabled={problem !== null && !isPresent} onClick={track}>
          {isPresent ? 'Be absent' : 'Be present'}
        </Button>
      </div>
    </fieldset>
  )
}
