/** A link inside the page: its address can be copied and opened in another tab, a click does not load the page again. */
import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent, ReactElement } from 'react'

export function Link({
  href,
  onClick,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }): ReactElement {
  const router = useRouter()
  const click = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event)
    const isOwn =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (event.defaultPrevented || !isOwn) return
    event.preventDefault()
    router.history.push(href)
  }
  return <a href={href} onClick={click} {...rest} />
}
