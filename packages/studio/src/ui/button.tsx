/** Buttons: what is done, as a verb. */
import { Tooltip } from '@base-ui/react/tooltip'
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from 'react'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet'
  readonly size?: 'normal' | 'small'
  /** Why it cannot be pressed: it stays reachable, so that the reason can be read. */
  readonly refusal?: string | null
}

export function Button({
  kind = 'plain',
  size = 'normal',
  refusal = null,
  className = '',
  ...rest
}: ButtonProps): ReactElement {
  const name = `button ${kind} ${size === 'small' ? 'small' : ''} ${className}`
  if (refusal === null) return <button type="button" className={name} {...rest} />
  return (
    <Hint text={refusal}>
      <button type="button" className={name} {...rest} aria-disabled onClick={() => {}} />
    </Hint>
  )
}

export interface IconButtonProps extends ButtonProps {
  /** What it does: its name for those who do not see the icon, and its tooltip. */
  readonly label: string
  readonly icon: ReactNode
}

export function IconButton({
  label,
  icon,
  kind = 'quiet',
  size = 'normal',
  refusal = null,
  className = '',
  ...rest
}: IconButtonProps): ReactElement {
  const refused = refusal === null ? {} : { 'aria-disabled': true, onClick: () => {} }
  return (
    <Hint text={refusal ?? label}>
      <button
        type="button"
        {...rest}
        {...refused}
        className={`button icon ${kind} ${size === 'small' ? 'small' : ''} ${className}`}
        aria-label={label}
      >
        {icon}
      </button>
    </Hint>
  )
}

/** A tooltip on one element. */
export function Hint({
  text,
  children,
}: {
  readonly text: string
  readonly children: ReactElement
}): ReactElement {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children as ReactElement<Record<string, unknown>>} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="menu-positioner">
          <Tooltip.Popup className="tooltip">{text}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
