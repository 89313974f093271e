/** What projects are made with, and what is wrong with it. */
import { controlErrors } from '#host/control-plane/core'
import type { ProjectRecord } from '#host/control-plane/core'
import type { ControlStore } from '#host/control-plane/store'
import type { Requirement } from '#host/platform'
import type { ConfigTree } from '#base/config'
import type { Random } from '#base/kernel'
import type { SigningAlgorithm } from './mint-keys.ts'
import { checkProjectConfig } from './project-config.ts'

export interface NewProjectInput {
  readonly ref: string
  /** Default the ref. */
  readonly name?: string
  readonly databaseUrl: string
  readonly config?: ConfigTree
  readonly algorithm?: SigningAlgorithm
}

export interface ProjectUpdate {
  readonly name?: string
  readonly databaseUrl?: string
  /** Merged into what there is (RFC 7386). */
  readonly config?: ConfigTree
}

/** `warnings`: what will not work in the database it was given. */
export interface Taken {
  readonly record: ProjectRecord
  readonly warnings: readonly Requirement[]
}

export interface ProjectsOptions {
  readonly store: ControlStore
  readonly random: Random
  /** What a reference to a secret (`vault://…`, `aws://…`) stands for; any other text stays. */
  readonly resolveSecret: (text: string) => Promise<string>
  /** Of the control database: no project is made in it. */
  readonly ownIdentity: string | null
}

const longestName = 100

/** @throws control_name_invalid */
export function requireName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  if (name.trim() === '' || name.length > longestName || /[\u0000-\u001f\u007f]/.test(name))
    throw controlErrors.control_name_invalid()
}

/** @throws control_config_invalid */
export function requireConfig(tree: ConfigTree): void {
  const problems = checkProjectConfig(tree)
  if (problems.length === 0) return
  const list = problems.map(({ key, message }) => `- ${key ?? 'the whole'}: ${message}`).join('\n')
  throw controlErrors.control_config_invalid({ list })
}
