/** The header: which project, search, help, theme, who is signed in. */
import { useQueryClient } from '@tanstack/react-query'
import { CircleHelp, LogOut, Monitor, Moon, Search, Sun, UserRound } from 'lucide-react'
import type { ReactElement } from 'react'
import { call, useProject } from '#studio/api'
import type { Session } from '#studio/api'
import { forgetDrafts, usePlace } from '#studio/place'
import { Badge, Button, IconButton, Menu } from '#studio/ui'
import { isMac } from './keys.ts'
import { setTheme, useTheme } from './theme.ts'
import type { Theme } from './theme.ts'

interface ProjectSummary {
  readonly name: string
  readonly status: string
}

const themes: readonly { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: 'system', label: 'As the system', icon: Monitor },
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
]

export function Header({
  session,
  onSearch,
  onHelp,
}: {
  readonly session: Session
  readonly onSearch: () => void
  readonly onHelp: () => void
}): ReactElement {
  const { ref } = usePlace()
  const project = useProject<ProjectSummary>(ref, '', { enabled: ref !== '' })
  const client = useQueryClient()
  const theme = useTheme()
  const ThemeIcon = themes.find((known) => known.theme === theme)?.icon ?? Monitor
  const signOut = async (): Promise<void> => {
    await call('DELETE', '/studio/session')
    forgetDrafts()
    client.clear()
  }
  return (
    <header className="head">
      {ref !== '' && (
        <>
          <span className="name truncate">{project.data?.name ?? ref}</span>
          {session.shape === 'start' ? (
            <Badge>local</Badge>
          ) : (
            project.data !== undefined && (
              <Badge kind={project.data.status === 'active' ? 'ok' : 'warn'}>
                {project.data.status}
              </Badge>
            )
          )}
        </>
      )}
      <span className="spacer" />
      <Button className="find" onClick={onSearch}>
        <Search size={14} aria-hidden />
        <span className="button-text">Find anything</span>
        <span className="spacer" />
        <span className="kbd" aria-hidden>
          {isMac ? '⌘K' : 'Ctrl K'}
        </span>
      </Button>
      <IconButton label="Shortcuts" icon={<CircleHelp size={16} />} onClick={onHelp} />
      <Menu
        trigger={<IconButton label="Theme" icon={<ThemeIcon size={16} />} />}
        entries={themes.map(({ theme: value, label, icon: Icon }) => ({
          label,
          icon: <Icon size={15} aria-hidden />,
          onSelect: () => setTheme(value),
        }))}
      />
      {session.sign_in !== 'none' && (
        <Menu
          trigger={<IconButton label="Account" icon={<UserRound size={16} />} />}
          entries={[
            {
              label: `${session.operator?.email ?? ''} · ${session.operator?.role ?? ''}`,
              disabled: true,
            },
            'line',
            {
              label: 'Sign out',
              icon: <LogOut size={15} aria-hidden />,
              onSelect: () => void signOut(),
            },
          ]}
        />
      )}
    </header>
  )
}
