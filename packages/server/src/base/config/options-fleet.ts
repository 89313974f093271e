/** Options of `basalt serve`, of the node: no project sets them. */
import { boolean, integer, secret, text, unset, wait } from './option.ts'

export const fleetOptions = {
  'basalt.fleet.control_db_url': secret(
    unset(text('', 'The control database, where `basalt serve` finds its projects.')),
  ),
  'basalt.fleet.base_domain': unset(
    text('', 'Projects are at `<ref>.` and this domain; without it `x-project-ref` names them.'),
  ),
  'basalt.fleet.external_url': unset(
    text(
      '',
      'Where clients are told a project is: `https://<ref>.example.com`. Default: https below the base domain, else the port of this node.',
    ),
  ),
  'basalt.fleet.workers': integer(1, 'Processes that share the port.', 1, 256),
  'basalt.fleet.max_projects': integer(
    500,
    'Most projects a process has open at a time.',
    1,
    100_000,
  ),
  'basalt.fleet.idle_timeout': wait(
    '15m',
    'A project that nobody asked for so long is closed; the next request opens it again.',
  ),
  'basalt.fleet.private_networks': boolean(
    false,
    'Requests of projects’ SQL (pg_net) may reach this machine and private networks, where nodes and their services are.',
  ),
  'basalt.secrets.refresh': wait(
    '5m',
    'How long what a reference to a secret stands for is used before it is asked for again.',
  ),
  'basalt.secrets.project_level': integer(
    1,
    "Which name of a secret's path is the project's ref, in references of its configuration: the first of AWS, or behind Vault's engine, or a later one.",
    1,
    10,
  ),
  'basalt.secrets.vault.address': unset(
    text('', 'Vault or OpenBao that `vault://<mount>/<path>/<field>` is read from.'),
  ),
  'basalt.secrets.vault.token': secret(unset(text('', 'Its token.'))),
  'basalt.secrets.vault.namespace': unset(text('', 'Its namespace.')),
  'basalt.secrets.aws.region': unset(
    text('', "Region that `aws://<name>` is read from; default as AWS's variables say."),
  ),
  'basalt.secrets.aws.endpoint': unset(text('', 'Another address than that of AWS.')),
  'basalt.fleet.open_timeout': wait(
    '10s',
    'How long a request waits for its project to be opened.',
  ),
}
