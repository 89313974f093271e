/** The commands `projects`, `operators` and `control`. What they do is loaded when it is asked for. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command

export function defineFleet(program: Command, terminal: Terminal, leaf: Leaf): void {
  defineProjects(program, terminal, leaf)
  defineMembers(program, terminal, leaf)
  defineOperators(program, terminal, leaf)
  defineTokens(program, terminal, leaf)
  defineControl(program, terminal, leaf)
  defineAudit(program, terminal, leaf)
}

function group(program: Command, name: string, description: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(description)
  )
}

const ofProjects = 'Projects of a fleet.'
const ofOperators = 'The people who run a fleet.'

function defineProjects(program: Command, terminal: Terminal, leaf: Leaf): void {
  const projects = group(program, 'projects', ofProjects)
  ofDatabase(
    inFleet(
      leaf(projects, 'create', 'Makes a project in a database of its own, which is tested first.'),
    ),
  )
    .argument('<ref>', '2 to 40 lower-case letters, digits and hyphens')
    .addOption(signing())
    .option(
      '--base-domain <domain>',
      'the fleet is below this domain: api_url is https://<ref>.<domain>',
    )
    .option('--api-url <url>', 'where it is reached, <ref> in it stands for the ref')
    .action(async (ref: string, _, command: Command) => {
      const { createProject } = await import('./project-commands.ts')
      await createProject(terminal, ref, command.optsWithGlobals())
    })
  inFleet(leaf(projects, 'list', 'Lists projects.')).action(async (_, command: Command) => {
    const { listProjects } = await import('./project-commands.ts')
    await listProjects(terminal, command.optsWithGlobals())
  })
  ofDatabase(inFleet(leaf(projects, 'update', 'Changes name, database or configuration.')))
    .argument('<ref>')
    .action(async (ref: string, _, command: Command) => {
      const { updateProject } = await import('./project-commands.ts')
      await updateProject(terminal, ref, command.optsWithGlobals())
    })
  const asked = [
    ['show', 'Shows a project.'],
    ['pause', 'Answers its requests with 540 until it is resumed.'],
    ['resume', 'Ends a pause.'],
    ['delete', 'Deletes a project; it can be restored.'],
    ['restore', 'Brings a deleted project back as it was.'],
    ['keys', 'Shows its API keys.'],
    ['health', 'Whether its database answers, and what the node knows of it.'],
  ] as const
  for (const [name, description] of asked)
    inFleet(leaf(projects, name, description))
      .argument('<ref>')
      .action(async (ref: string, _, command: Command) => {
        const { askProject } = await import('./project-commands.ts')
        await askProject(terminal, name, ref, command.optsWithGlobals())
      })
  inFleet(leaf(projects, 'rotate-keys', 'Makes new keys; those of before are good for a while.'))
    .argument('<ref>')
    .option('--grace <time>', 'how long: 24h (default), 90m, 7d; 0 ends all earlier ones at once')
    .addOption(signing())
    .action(async (ref: string, _, command: Command) => {
      const { rotateKeys } = await import('./project-commands.ts')
      await rotateKeys(terminal, ref, command.optsWithGlobals())
    })
  inFleet(leaf(projects, 'purge', 'Forgets a deleted project and its secrets; its database stays.'))
    .argument('<ref>')
    .option('--confirm <ref>', 'its ref once more; else it is asked for')
    .option('--force', 'although its database is gone and its replication slot cannot be dropped')
    .action(async (ref: string, _, command: Command) => {
      const { purgeProject } = await import('./project-commands.ts')
      await purgeProject(terminal, ref, command.optsWithGlobals())
    })
}

function defineMembers(program: Command, terminal: Terminal, leaf: Leaf): void {
  const projects = group(program, 'projects', ofProjects)
  inFleet(leaf(projects, 'members', 'Who sees the project, besides owners.'))
    .argument('<ref>')
    .action(async (ref: string, _, command: Command) => {
      const { listMembers } = await import('./project-commands.ts')
      await listMembers(terminal, ref, command.optsWithGlobals())
    })
  inFleet(leaf(projects, 'set-member', 'Lets an operator in.'))
    .argument('<ref>')
    .argument('<email>')
    .addOption(
      new Option('--role <role>', 'what they may do there')
        .choices(['read-only', 'developer', 'admin'])
        .makeOptionMandatory(),
    )
    .action(async (ref: string, email: string, _, command: Command) => {
      const { setMember } = await import('./project-commands.ts')
      await setMember(terminal, ref, email, command.optsWithGlobals())
    })
  inFleet(leaf(projects, 'remove-member', 'Lets an operator out again.'))
    .argument('<ref>')
    .argument('<email>')
    .action(async (ref: string, email: string, _, command: Command) => {
      const { removeMember } = await import('./project-commands.ts')
      await removeMember(terminal, ref, email, command.optsWithGlobals())
    })
}

const roles = ['read-only', 'developer', 'admin', 'owner']

function defineOperators(program: Command, terminal: Terminal, leaf: Leaf): void {
  const operators = group(program, 'operators', ofOperators)
  withPassword(inFleet(leaf(operators, 'create', 'Makes an operator.')))
    .argument('<email>')
    .addOption(
      new Option('--role <role>', 'default: owner for the first one, else read-only').choices(
        roles,
      ),
    )
    .action(async (email: string, _, command: Command) => {
      const { createOperator } = await import('./operator-commands.ts')
      await createOperator(terminal, email, command.optsWithGlobals())
    })
  inFleet(leaf(operators, 'list', 'Lists operators.')).action(async (_, command: Command) => {
    const { listOperators } = await import('./operator-commands.ts')
    await listOperators(terminal, command.optsWithGlobals())
  })
  inFleet(leaf(operators, 'delete', 'Deletes an operator with all sessions and tokens.'))
    .argument('<email>')
    .action(async (email: string, _, command: Command) => {
      const { deleteOperator } = await import('./operator-commands.ts')
      await deleteOperator(terminal, email, command.optsWithGlobals())
    })
  withPassword(inFleet(leaf(operators, 'set-password', 'Gives a new password, and ends sessions.')))
    .argument('<email>')
    .action(async (email: string, _, command: Command) => {
      const { setPassword } = await import('./operator-commands.ts')
      await setPassword(terminal, email, command.optsWithGlobals())
    })
  inFleet(leaf(operators, 'set-role', 'Gives another role.'))
    .argument('<email>')
    .argument('<role>', roles.join(', '))
    .action(async (email: string, role: string, _, command: Command) => {
      const { setRole } = await import('./operator-commands.ts')
      await setRole(terminal, email, role, command.optsWithGlobals())
    })
}

function defineTokens(program: Command, terminal: Terminal, leaf: Leaf): void {
  const operators = group(program, 'operators', ofOperators)
  inFleet(leaf(operators, 'token', 'Makes a token for programs, which is shown once.'))
    .argument('<email>', 'whose role it has')
    .option('--name <name>', 'what it is for')
    .option('--days <count>', 'how long it is good (default: until it is revoked)')
    .action(async (email: string, _, command: Command) => {
      const { createToken } = await import('./operator-commands.ts')
      await createToken(terminal, email, command.optsWithGlobals())
    })
  inFleet(leaf(operators, 'tokens', 'Lists tokens.')).action(async (_, command: Command) => {
    const { listTokens } = await import('./operator-commands.ts')
    await listTokens(terminal, command.optsWithGlobals())
  })
  inFleet(leaf(operators, 'revoke-token', 'Ends a token.'))
    .argument('<id>')
    .action(async (id: string, _, command: Command) => {
      const { revokeToken } = await import('./operator-commands.ts')
      await revokeToken(terminal, id, command.optsWithGlobals())
    })
}

function defineControl(program: Command, terminal: Terminal, leaf: Leaf): void {
  const control = group(program, 'control', 'The control database of a fleet.')
  onDatabase(
    leaf(control, 'migrate', 'Brings it up to date, as a node does when it starts.'),
  ).action(async (_, command: Command) => {
    const { migrateControl } = await import('./operator-commands.ts')
    await migrateControl(terminal, command.optsWithGlobals())
  })
  onDatabase(
    leaf(
      control,
      'rekey',
      'Puts everything under the key in BASALT_MASTER_KEY; the one before it in BASALT_PREVIOUS_MASTER_KEY.',
    ),
  ).action(async (_, command: Command) => {
    const { rekeyControl } = await import('./operator-commands.ts')
    await rekeyControl(terminal, command.optsWithGlobals())
  })
}

function defineAudit(program: Command, terminal: Terminal, leaf: Leaf): void {
  const audit = group(program, 'audit', 'What operators did.')
  leaf(audit, 'export', 'Prints who did what, a line an entry, the newest first.')
    .option('--since <time>', 'no further back: 2026-11-01T08:00:00Z, 24h, 7d')
    .option('--ref <ref>', 'of one project')
    .option('--control-db-url <url>', controlDatabase)
    .option('--url <url>', ofNode)
    .addOption(
      new Option('-o, --output <format>', 'format').choices(['json', 'csv']).default('json'),
    )
    .action(async (_, command: Command) => {
      const { exportAudit } = await import('./export-audit.ts')
      await exportAudit(terminal, command.optsWithGlobals())
    })
}

const controlDatabase =
  'the control database (BASALT_CONTROL_DB_URL); its key in BASALT_MASTER_KEY or …_FILE'
const ofNode = 'a node instead; an operator’s token in BASALT_OPERATOR_TOKEN'

function onDatabase(command: Command): Command {
  return command
    .option('--control-db-url <url>', controlDatabase)
    .addOption(
      new Option('-o, --output <format>', 'format').choices(['pretty', 'json']).default('pretty'),
    )
}

/** Which fleet, and how results are printed. */
function inFleet(command: Command): Command {
  return onDatabase(command).option('--url <url>', ofNode)
}

function ofDatabase(command: Command): Command {
  return command
    .option(
      '--db-url <url>',
      'its database, as the user who may make roles and schemas (BASALT_PROJECT_DB_URL)',
    )
    .option('--db-url-stdin', 'the URL is piped in: in no list of processes')
    .option('--name <name>', 'for people')
    .option('--config <file>', 'in the structure of config.toml')
}

function withPassword(command: Command): Command {
  return command.option('--password-stdin', 'it is piped in; else it is asked for, or made')
}

function signing(): Option {
  return new Option('--signing <algorithm>', 'what tokens are signed with').choices([
    'HS256',
    'ES256',
  ])
}
