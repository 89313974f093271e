/** Says that the server does not answer, for as long as it does not. */
import { useQuery } from '@tanstack/react-query'
import { WifiOff } from 'lucide-react'
import type { ReactElement } from 'react'
import { Unreachable, call } from '#studio/api'

export function ServerGone(): ReactElement | null {
  const { error } = useQuery({
    queryKey: ['alive'],
    queryFn: () => call('GET', '/studio/session'),
    refetchInterval: ({ state }) => (state.error === null ? 15_000 : 2_000),
    retry: false,
    staleTime: 0,
  })
  if (!(error instanceof Unreachable)) return null
  return (
    <div className="gone" role="alert">
      <WifiOff size={15} aria-hidden />
      The server does not answer. It is tried every 2 s; what you typed is kept.
    </div>
  )
}
