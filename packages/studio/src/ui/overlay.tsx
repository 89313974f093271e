/** Dialogs in the middle, sheets from the right, menus and popovers at what opened them. */
import { Dialog as Base } from '@base-ui/react/dialog'
import { Menu as BaseMenu } from '@base-ui/react/menu'
import { Popover as BasePopover } from '@base-ui/react/popover'
import { X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { FormEvent, ReactElement, ReactNode, RefObject } from 'react'
import { Button, IconButton } from './button.tsx'
import { TextField } from './field.tsx'
import { ErrorNotice } from './notice.tsx'

interface OverlayProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly wide?: boolean
  /** Buttons at its foot. */
  readonly foot?: ReactNode
  readonly children: ReactNode
  /** Makes it a form: what pressing Enter does. */
  readonly onSubmit?: () => void
  readonly initialFocus?: RefObject<HTMLElement | null>
  /** Something typed that closing would lose: it is asked about first. */
  readonly dirty?: boolean
}

export const Dialog = (props: OverlayProps): ReactElement => overlay('dialog', props)
export const Sheet = (props: OverlayProps): ReactElement => overlay('sheet', props)

function overlay(kind: 'dialog' | 'sheet', props: OverlayProps): ReactElement {
  return <Overlay kind={kind} {...props} />
}

function Overlay({
  kind,
  open,
  onClose,
  title,
  wide = false,
  foot,
  children,
  onSubmit,
  initialFocus,
  dirty = false,
}: OverlayProps & { readonly kind: string }): ReactElement {
  const [asking, setAsking] = useState(false)
  const close = (): void => (dirty ? setAsking(true) : onClose())
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    // a dialog in a dialog is a form in a form to React, not to the page
    event.stopPropagation()
    onSubmit?.()
  }
  const content = (
    <>
      <div className="overlay-body">{children}</div>
      {foot !== undefined && <div className="overlay-foot">{foot}</div>}
    </>
  )
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : close())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup
          className={`${kind} ${wide ? 'wide' : ''}`}
          {...(initialFocus === undefined ? {} : { initialFocus })}
        >
          <div className="overlay-head">
            <Base.Title render={<h2 />}>{title}</Base.Title>
            <IconButton label="Close" icon={<X size={16} />} onClick={close} />
          </div>
          {onSubmit === undefined ? (
            content
          ) : (
            <form onSubmit={submit} className="overlay-form">
              {content}
            </form>
          )}
          <ConfirmDialog
            open={asking}
            title="Discard what you typed?"
            action="Discard"
            onClose={() => setAsking(false)}
            onConfirm={() => {
              setAsking(false)
              onClose()
            }}
          >
            It has not been saved.
          </ConfirmDialog>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Before something is lost. Names what, and how much of it; the focus is on Cancel. */
export function ConfirmDialog({
  open,
  title,
  action,
  typed,
  children,
  onClose,
  onConfirm,
}: {
  readonly open: boolean
  readonly title: string
  /** `Delete 3 rows` */
  readonly action: string
  /** What has to be typed first: the name of a project, a schema, a bucket with files. */
  readonly typed?: string
  readonly children: ReactNode
  readonly onClose: () => void
  /** Rejects with what went wrong: it is shown, and the dialog stays. */
  readonly onConfirm: () => void | Promise<unknown>
}): ReactElement {
  const cancel = useRef<HTMLButtonElement>(null)
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const close = (): void => {
    setText('')
    setError(null)
    onClose()
  }
  const confirm = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      await onConfirm()
      setText('')
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  const isTyped = typed === undefined || text === typed
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : close())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog" role="alertdialog" initialFocus={cancel}>
          <div className="overlay-head">
            <Base.Title render={<h2 />}>{title}</Base.Title>
          </div>
          <div className="overlay-body">
            <Base.Description render={<div />}>{children}</Base.Description>
            {typed !== undefined && (
              <TextField
                label={`Type ${typed} to confirm`}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
            {error !== null && <ErrorNotice error={error} />}
          </div>
          <div className="overlay-foot">
            <button type="button" className="button" ref={cancel} onClick={close}>
              Cancel
            </button>
            <Button kind="danger" disabled={!isTyped || busy} onClick={() => void confirm()}>
              {action}
            </Button>
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

export interface MenuEntry {
  readonly label: string
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly line?: boolean
  readonly onSelect?: () => void
}

export function Menu({
  trigger,
  entries,
  align = 'end',
}: {
  readonly trigger: ReactElement
  readonly entries: readonly (MenuEntry | 'line')[]
  readonly align?: 'start' | 'end'
}): ReactElement {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="menu-positioner" sideOffset={4} align={align}>
          <BaseMenu.Popup className="menu">
            {entries.map((entry, index) =>
              entry === 'line' ? (
                // oxlint-disable-next-line no-array-index-key
                <div key={`line-${index}`} className="menu-line" role="separator" />
              ) : (
                <BaseMenu.Item
                  key={entry.label}
                  className={`menu-item ${entry.danger === true ? 'danger' : ''}`}
                  disabled={entry.disabled === true}
                  onClick={() => entry.onSelect?.()}
                >
                  {entry.icon}
                  <span>{entry.label}</span>
                </BaseMenu.Item>
              ),
            )}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  )
}

export function Popover({
  trigger,
  children,
  open,
  onOpenChange,
}: {
  readonly trigger: ReactElement
  readonly children: ReactNode
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
}): ReactElement {
  return (
    <BasePopover.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange === undefined ? {} : { onOpenChange })}
    >
      <BasePopover.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <BasePopover.Portal>
        <BasePopover.Positioner className="menu-positioner" sideOffset={4} align="start">
          <BasePopover.Popup className="popover">{children}</BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  )
}
