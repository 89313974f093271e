/** To the clipboard, only when somebody asks for it. */
import { Copy, Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { IconButton } from './button.tsx'
import { toast } from './toast.tsx'

export function copyText(text: string, what: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(`${what} copied`),
    () =>
      toast(`${what} could not be copied: the browser does not allow it here`, { kind: 'danger' }),
  )
}

/** Text in a box, with a button that copies it. */
export function CodeSample({
  code,
  label,
  wrap = false,
}: {
  readonly code: string
  readonly label: string
  readonly wrap?: boolean
}): ReactElement {
  return (
    <div className={wrap ? 'code wrap' : 'code'}>
      {/* scrolls: reachable by keyboard */}
      <pre tabIndex={0} role="region" aria-label={label}>
        {code}
      </pre>
      <IconButton
        size="small"
        label={`Copy ${label}`}
        icon={<Copy size={14} />}
        onClick={() => copyText(code, label)}
      />
    </div>
  )
}

/** A key or an address. A secret one is covered until asked for; copying does not uncover it. */
export function KeyField({
  label,
  value,
  secret = false,
}: {
  readonly label: string
  readonly value: string
  readonly secret?: boolean
}): ReactElement {
  const [isShown, setIsShown] = useState(!secret)
  return (
    <div className="row">
      <input
        className="input mono"
        readOnly
        aria-label={label}
        value={isShown ? value : '•'.repeat(24)}
        onFocus={(event) => event.target.select()}
      />
      {secret && (
        <IconButton
          label={isShown ? `Hide ${label}` : `Show ${label}`}
          icon={isShown ? <EyeOff size={15} /> : <Eye size={15} />}
          onClick={() => setIsShown(!isShown)}
        />
      )}
      <IconButton
        label={`Copy ${label}`}
        icon={<Copy size={15} />}
        onClick={() => copyText(value, label)}
      />
    </div>
  )
}
