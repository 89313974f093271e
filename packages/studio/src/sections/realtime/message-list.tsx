/** What arrived, the newest below; scrolling up holds it still, and what comes meanwhile is counted. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Badge, Button, CodeSample, EmptyState, count, plural } from '#studio/ui'
import type { Message, View } from './inspector-session.ts'

const lineHeight = 28
const kinds = { broadcast: 'info', presence: 'ok', change: 'warn', system: 'plain' } as const

const time = (at: number): string => {
  const date = new Date(at)
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

export function MessageList({ view }: { readonly view: View }): ReactElement {
  const scroller = useRef<HTMLDivElement>(null)
  const [held, setHeld] = useState<View | null>(null)
  const [openSeq, setOpenSeq] = useState<number | null>(null)
  const shown = held ?? view
  const { messages, total } = shown
  const lines = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 10,
  })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element !== null && held === null) element.scrollTop = element.scrollHeight
  }, [held, messages])
  const open = messages.find(({ seq }) => seq === openSeq)
  const dropped = total - messages.length
  const follow = (): void => {
    const element = scroller.current
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight
    if (isAtEnd) setHeld(null)
  }
  return (
    <div className="messages">
      <div className="row messages-head" role="status">
        <span className="muted">
          {plural(view.total, 'message')}
          {dropped > 0 && ` · the oldest ${count(dropped)} dropped`}
        </span>
        <span className="spacer" />
        {held !== null && (
          <Button size="small" onClick={() => setHeld(null)}>
            {view.total === held.total
              ? 'Follow again'
              : `${count(view.total - held.total)} new: follow again`}
          </Button>
        )}
      </div>
      <div
        className="message-lines"
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onScroll={follow}
        onWheel={({ deltaY }) => deltaY < 0 && held === null && setHeld(view)}
        onKeyDown={({ key }) =>
          ['ArrowUp', 'PageUp', 'Home'].includes(key) && held === null && setHeld(view)
        }
      >
        {messages.length === 0 && view.state === 'joined' && (
          <EmptyState title="Nothing has arrived yet">
            What is broadcast into this channel appears here.
          </EmptyState>
        )}
        <ul style={{ height: lines.getTotalSize(), position: 'relative' }} aria-label="Messages">
          {lines.getVirtualItems().map(({ index, start }) => {
            const message = messages[index]
            if (message === undefined) return null
            return (
              <Line
                key={message.seq}
                message={message}
                top={start}
                isOpen={message.seq === openSeq}
                onOpen={() => {
                  setHeld(held ?? view)
                  setOpenSeq(message.seq === openSeq ? null : message.seq)
                }}
              />
            )
          })}
        </ul>
      </div>
      {open !== undefined && (
        <div className="message-open">
          <CodeSample label="Message" code={JSON.stringify(open.payload, null, 2) ?? ''} wrap />
        </div>
      )}
    </div>
  )
}

function Line({
  message: { at, kind, event, payload },
  top,
  isOpen,
  onOpen,
}: {
  readonly message: Message
  readonly top: number
  readonly isOpen: boolean
  readonly onOpen: () => void
}): ReactElement {
  return (
    <li style={{ position: 'absolute', top, left: 0, right: 0, height: lineHeight }}>
      <button type="button" className="message-line" aria-expanded={isOpen} onClick={onOpen}>
        <code className="muted">{time(at)}</code>
        <Badge kind={kinds[kind]}>{kind}</Badge>
        <span className="message-event truncate">{event}</span>
        <code className="truncate">{(JSON.stringify(payload) ?? '').slice(0, 300)}</code>
      </button>
    </li>
  )
}
