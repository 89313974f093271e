/** What goes wrong: `begin`, some seconds, `end`. `slow`: how much longer than 5 s recovery may take, and why. */

export function faultsOf({ nodes, links, servers, redis }) {
  const [one, two] = nodes
  const wire = (name, link) => [
    { name: `${name}: connections are reset`, begin: () => link.reset(), end: () => link.mend() },
    {
      name: `${name}: nothing passes, nobody is told`,
      begin: () => link.freeze(),
      end: () => link.mend(),
    },
  ]
  return [
    {
      name: "the project's Postgres is killed",
      begin: () => servers.project.kill(),
      end: () => servers.project.start(),
    },
    {
      name: "the project's Postgres hangs",
      begin: () => servers.project.hang(),
      end: () => servers.project.wake(),
    },
    ...wire("the way to the project's Postgres", links.database),
    {
      name: "the way to the project's Postgres takes 100 ms",
      begin: () => links.database.slow(100),
      end: () => links.database.mend(),
    },
    {
      name: 'the control database is killed',
      begin: () => servers.control.kill(),
      end: () => servers.control.start(),
    },
    ...wire('the way to the control database', links.control).slice(1),
    { name: 'Redis is killed', begin: () => redis.kill(), end: () => redis.start() },
    ...wire('the way to Redis', links.redis).slice(1),
    ...wire('the way to S3', links.s3),
    {
      name: 'the way to S3 takes 300 ms',
      begin: () => links.s3.slow(300),
      end: () => links.s3.mend(),
    },
    { name: 'a node is killed', begin: () => one.end('SIGKILL'), end: () => one.start() },
    { name: 'a node is asked to end', begin: () => two.end('SIGTERM'), end: () => two.start() },
    { name: 'a node hangs', begin: () => one.hang(), end: () => one.wake() },
    ...wire('the way from nginx to a node', two.link),
  ]
}
