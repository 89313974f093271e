/** Everything around the sections: data, addresses, tooltips, toasts, and who is signed in. */
import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query'
import { RouterProvider, createRootRoute, createRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { ReactElement } from 'react'
import { ApiError, onSignedOut, useSession } from '#studio/api'
import { ErrorNotice, Loading, Toasts } from '#studio/ui'
import { Shell } from './shell.tsx'
import { SignIn } from './sign-in.tsx'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // what the server decided is not decided otherwise a second later
      retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
      refetchOnWindowFocus: true,
    },
  },
})

const router = createRouter({
  routeTree: createRootRoute({ component: Root, notFoundComponent: Root }),
  defaultPreload: false,
})

function Root(): ReactElement {
  const session = useSession()
  const cache = useQueryClient()
  useEffect(
    () => onSignedOut(() => void cache.invalidateQueries({ queryKey: ['session'] })),
    [cache],
  )
  if (session.error !== null && session.data === undefined)
    return (
      <div className="page-body">
        <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />
      </div>
    )
  if (session.data === undefined) return <Loading />
  return (
    <>
      {/* stays behind the sign-in of a session that ended: nothing typed is lost */}
      {session.data.operator === null ? (
        <SignIn session={session.data} />
      ) : (
        <Shell session={session.data} />
      )}
      <Toasts />
    </>
  )
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

export function App(): ReactElement {
  return (
    <CSPProvider nonce={nonce} disableStyleElements>
      <QueryClientProvider client={client}>
        <Tooltip.Provider delay={400}>
          <RouterProvider router={router} />
        </Tooltip.Provider>
      </QueryClientProvider>
    </CSPProvider>
  )
}
