/** The sections of a project: the navigation, its shortcuts, and what each loads when it is opened. */
import {
  Braces,
  Cloud,
  Code2,
  Database,
  HeartPulse,
  KeyRound,
  Radio,
  ScrollText,
  Settings,
  ShieldCheck,
  SquareTerminal,
  Table2,
  Users,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ComponentType } from 'react'

export interface Section {
  /** In addresses. */
  readonly name: string
  readonly label: string
  /** Behind G, as users of Supabase's Studio know them. */
  readonly chord: string
  readonly icon: LucideIcon
  /** Of the bottom bar of a phone. */
  readonly isPrimary?: boolean
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

export const sections: readonly Section[] = [
  {
    name: 'tables',
    label: 'Tables',
    chord: 't',
    icon: Table2,
    isPrimary: true,
    load: () => import('#studio/sections/tables'),
  },
  {
    name: 'sql',
    label: 'SQL',
    chord: 's',
    icon: SquareTerminal,
    isPrimary: true,
    load: () => import('#studio/sections/sql'),
  },
  {
    name: 'policies',
    label: 'Policies',
    chord: 'v',
    icon: ShieldCheck,
    load: () => import('#studio/sections/policies'),
  },
  {
    name: 'users',
    label: 'Users',
    chord: 'a',
    icon: Users,
    isPrimary: true,
    load: () => import('#studio/sections/users'),
  },
  {
    name: 'storage',
    label: 'Storage',
    chord: 'b',
    icon: Cloud,
    load: () => import('#studio/sections/storage'),
  },
  {
    name: 'functions',
    label: 'Functions',
    chord: 'f',
    icon: Code2,
    load: () => import('#studio/sections/functions'),
  },
  {
    name: 'realtime',
    label: 'Realtime',
    chord: 'r',
    icon: Radio,
    load: () => import('#studio/sections/realtime'),
  },
  {
    name: 'database',
    label: 'Database',
    chord: 'd',
    icon: Database,
    load: () => import('#studio/sections/database'),
  },
  {
    name: 'api-keys',
    label: 'API keys',
    chord: 'k',
    icon: KeyRound,
    load: () => import('#studio/sections/api-keys'),
  },
  {
    name: 'logs',
    label: 'Logs',
    chord: 'l',
    icon: ScrollText,
    isPrimary: true,
    load: () => import('#studio/sections/logs'),
  },
  {
    name: 'health',
    label: 'Health',
    chord: 'u',
    icon: HeartPulse,
    load: () => import('#studio/sections/health'),
  },
  {
    name: 'api',
    label: 'API',
    chord: 'i',
    icon: Braces,
    load: () => import('#studio/sections/api'),
  },
  {
    name: 'settings',
    label: 'Settings',
    chord: ',',
    icon: Settings,
    load: () => import('#studio/sections/settings'),
  },
]

export const sectionNamed = (name: string): Section | undefined =>
  sections.find((section) => section.name === name)
