/** What has just been done, for a few seconds, with the way back where there is one. */
import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactElement } from 'react'
import { Button, IconButton } from './button.tsx'

interface ToastData {
  readonly undo?: () => void
  readonly undoLabel?: string
}

const manager = Toast.createToastManager<ToastData>()

/** Says it, for 5 s; with `undo` for 10 s. */
export function toast(
  title: string,
  options: {
    readonly undo?: () => void
    readonly kind?: 'ok' | 'danger'
    readonly undoLabel?: string
  } = {},
): void {
  const { undo, kind = 'ok', undoLabel } = options
  manager.add({
    title,
    type: kind,
    timeout: undo === undefined ? 5000 : 10_000,
    priority: kind === 'danger' ? 'high' : 'low',
    data: {
      ...(undo === undefined ? {} : { undo }),
      ...(undoLabel === undefined ? {} : { undoLabel }),
    },
  })
}

function ToastList(): ReactElement[] {
  const { toasts, close } = Toast.useToastManager<ToastData>()
  return toasts.map((item) => (
    <Toast.Root key={item.id} toast={item} className={`toast ${item.type ?? ''}`}>
      <Toast.Title render={<div />} style={{ flex: 1, minWidth: 0 }} />
      {item.data?.undo !== undefined && (
        <Button
          size="small"
          onClick={() => {
            item.data?.undo?.()
            close(item.id)
          }}
        >
          {item.data.undoLabel ?? 'Undo'}
        </Button>
      )}
      <IconButton
        size="small"
        label="Dismiss"
        icon={<X size={14} />}
        onClick={() => close(item.id)}
      />
    </Toast.Root>
  ))
}

export function Toasts(): ReactElement {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}
