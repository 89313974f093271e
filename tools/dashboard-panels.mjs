/** The panels of deploy/grafana: rows of [title, unit, what it shows, [expression, legend]…], by dashboard. */

/** Of the projects chosen above the panels. */
const p = 'project=~"$project"'
const rate = (metric, labels = '') =>
  `rate(${metric}{${p}${labels === '' ? '' : `, ${labels}`}}[$__rate_interval])`
const quantile = (q, metric, by) =>
  `histogram_quantile(${q}, sum by (le, ${by}) (${rate(`${metric}_bucket`)}))`

export const dashboards = {
  'basalt-requests': {
    title: 'Basalt: requests',
    rows: [
      [
        'By endpoint and project',
        [
          [
            'Requests',
            'reqps',
            'Answered, by service',
            [`sum by (project, route) (${rate('http_requests_total')})`, '{{project}} {{route}}'],
          ],
          [
            'Errors',
            'percentunit',
            'Part that was answered 5xx',
            [
              `sum by (project, route) (${rate('http_requests_total', 'status=~"5.."')}) / sum by (project, route) (${rate('http_requests_total')})`,
              '{{project}} {{route}}',
            ],
          ],
          [
            'By status',
            'reqps',
            '',
            [`sum by (status) (${rate('http_requests_total')})`, '{{status}}'],
          ],
          [
            'Refused',
            'reqps',
            'Answered 4xx: keys, policies, limits (429)',
            [
              `sum by (project, status) (${rate('http_requests_total', 'status=~"4.."')})`,
              '{{project}} {{status}}',
            ],
          ],
        ],
      ],
      [
        'Until the answer',
        [
          [
            'p50',
            's',
            '',
            [
              quantile(0.5, 'http_request_duration_seconds', 'project, route'),
              '{{project}} {{route}}',
            ],
          ],
          [
            'p95',
            's',
            '',
            [
              quantile(0.95, 'http_request_duration_seconds', 'project, route'),
              '{{project}} {{route}}',
            ],
          ],
          [
            'p99',
            's',
            '',
            [
              quantile(0.99, 'http_request_duration_seconds', 'project, route'),
              '{{project}} {{route}}',
            ],
          ],
          [
            'Mean by method',
            's',
            '',
            [
              `sum by (method) (${rate('http_request_duration_seconds_sum')}) / sum by (method) (${rate('http_request_duration_seconds_count')})`,
              '{{method}}',
            ],
          ],
        ],
      ],
      [
        'Process',
        [
          [
            'Memory',
            'bytes',
            'Resident, and what the machine or the container has',
            ['process_resident_memory_bytes', '{{instance}}'],
            ['node_memory_total_bytes', '{{instance}} limit'],
          ],
          [
            'Processor',
            'percentunit',
            'Of one',
            ['rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}}'],
          ],
          [
            'Event loop',
            's',
            '99th percentile of its delay',
            ['nodejs_eventloop_lag_p99_seconds', '{{instance}}'],
          ],
          [
            'Open files',
            'short',
            'Sockets among them',
            ['process_open_fds', '{{instance}}'],
            ['process_max_fds', '{{instance}} limit'],
          ],
          [
            'Certificates and keys',
            's',
            'Until they end',
            ['tls_certificate_expiry_timestamp_seconds - time()', 'certificate {{name}}'],
            [`api_key_expiry_timestamp_seconds{${p}} - time()`, '{{project}} {{key}}'],
          ],
        ],
      ],
    ],
  },
  'basalt-database': {
    title: 'Basalt: databases',
    rows: [
      [
        'Pools',
        [
          [
            'In use',
            'percentunit',
            'Part of the connections allowed',
            [
              `database_connections_active{${p}} / database_connections_max{${p}}`,
              '{{project}} {{pool}}',
            ],
          ],
          [
            'Connections',
            'short',
            '',
            [
              `sum by (project, pool) (database_connections_active{${p}})`,
              '{{project}} {{pool}} in use',
            ],
            [
              `sum by (project, pool) (database_connections_idle{${p}})`,
              '{{project}} {{pool}} at rest',
            ],
          ],
          [
            'Waiting',
            'short',
            'Requests that wait for a connection',
            [`database_connections_waiting{${p}}`, '{{project}} {{pool}}'],
          ],
          [
            'Answers',
            'short',
            '1 while the database does',
            [`min by (project) (database_up{${p}})`, '{{project}}'],
          ],
        ],
      ],
      [
        'Backups',
        [
          [
            'Age',
            's',
            'Of the newest, and since one was restored',
            ['time() - backup_last_success_timestamp_seconds', '{{instance}} made'],
            ['time() - backup_last_verified_timestamp_seconds', '{{instance}} restored'],
          ],
          ['In no backup', 's', 'What would be lost (RPO)', ['backup_rpo_seconds', '{{instance}}']],
          ['Restoring', 's', 'How long it took last (RTO)', ['backup_rto_seconds', '{{instance}}']],
          [
            'Failures',
            'short',
            '',
            ['increase(backup_failures[$__rate_interval])', '{{instance}}'],
          ],
        ],
      ],
      [
        'Replication',
        [
          [
            'Slots',
            'bytes',
            'Log kept for them',
            [`database_slot_retained_bytes{${p}}`, '{{project}} {{slot}}'],
            [`database_slot_limit_bytes{${p}}`, '{{project}} {{slot}} limit'],
          ],
          [
            'Slots that are read',
            'short',
            '',
            [`database_slot_active{${p}}`, '{{project}} {{slot}}'],
          ],
          [
            'Replicas behind',
            's',
            '',
            [`database_replica_lag_seconds{${p}}`, '{{project}} {{pool}}'],
          ],
          [
            'Reads',
            'reqps',
            'By who answers them',
            [rate('database_reads'), '{{project}} {{pool}}'],
            [rate('database_reads_retried'), '{{project}} {{pool}} again'],
          ],
          ['Replicas used', 'short', '', [`database_replica_up{${p}}`, '{{project}} {{pool}}']],
        ],
      ],
    ],
  },
  'basalt-services': {
    title: 'Basalt: services',
    rows: [
      [
        'Realtime',
        [
          [
            'WebSockets',
            'short',
            '',
            [`sum by (project) (websocket_connections_active{${p}})`, '{{project}}'],
          ],
          [
            'Channels',
            'short',
            '',
            [`sum by (project) (realtime_channels_active{${p}})`, '{{project}}'],
          ],
          [
            'Deliveries',
            'ops',
            'Changes of rows and broadcasts, one for each channel that they were sent to',
            [`sum by (project) (${rate('realtime_changes_sent')})`, '{{project}} changes'],
            [`sum by (project) (${rate('realtime_broadcasts_sent')})`, '{{project}} broadcasts'],
          ],
          [
            'Behind the database',
            'bytes',
            'Log not yet passed on',
            [`max by (project) (realtime_replication_lag_bytes{${p}})`, '{{project}}'],
          ],
          [
            'Dropped',
            'ops',
            'Clients that did not read',
            [`sum by (project) (${rate('realtime_connections_dropped')})`, '{{project}}'],
          ],
        ],
      ],
      [
        'Functions',
        [
          [
            'Calls',
            'reqps',
            'By how they ended',
            [
              `sum by (project, function, outcome) (${rate('function_invocations_total')})`,
              '{{project}} {{function}} {{outcome}}',
            ],
          ],
          [
            'p95',
            's',
            '',
            [
              quantile(0.95, 'function_duration_seconds', 'project, function'),
              '{{project}} {{function}}',
            ],
          ],
          [
            'Processes',
            'short',
            '',
            [`sum by (project) (function_workers_active{${p}})`, '{{project}}'],
          ],
        ],
      ],
      [
        'Storage',
        [
          [
            'Bytes',
            'Bps',
            'Of objects',
            [
              `sum by (project, direction) (${rate('storage_bytes_total')})`,
              '{{project}} {{direction}}',
            ],
          ],
        ],
      ],
      [
        'Cache',
        [
          [
            'Reads',
            'reqps',
            'Of routes that are cached, by what became of them',
            [
              `sum by (project, result) (${rate('cache_requests_total')})`,
              '{{project}} {{result}}',
            ],
          ],
          [
            'Hits',
            'percentunit',
            'Part that was answered from the cache',
            [
              `sum by (project) (${rate('cache_requests_total', 'result="hit"')}) / sum by (project) (${rate('cache_requests_total')})`,
              '{{project}}',
            ],
          ],
          [
            'Size',
            'bytes',
            'Of answers kept in memory',
            [`sum by (project) (cache_bytes{${p}})`, '{{project}}'],
          ],
        ],
      ],
      [
        'Jobs and queues',
        [
          [
            'Requests of SQL',
            'ops',
            'pg_net and webhooks, by how they ended',
            [
              `sum by (project, outcome) (${rate('net_requests_total')})`,
              '{{project}} {{outcome}}',
            ],
          ],
          [
            'Requests that wait',
            'short',
            '',
            [`max by (project) (net_requests_waiting{${p}})`, '{{project}}'],
          ],
          [
            'Jobs',
            'ops',
            'Runs of pg_cron',
            [`sum by (project, outcome) (${rate('cron_runs_total')})`, '{{project}} {{outcome}}'],
            [`max by (project) (cron_jobs_active{${p}})`, '{{project}} planned'],
          ],
          [
            'Mail',
            'short',
            '',
            [`auth_mails_waiting{${p}}`, '{{project}} waiting'],
            [`increase(auth_mails_sent{${p}}[$__rate_interval])`, '{{project}} sent'],
            [`increase(auth_mails_failed{${p}}[$__rate_interval])`, '{{project}} given up'],
          ],
          [
            "Customers' keys",
            'ops',
            'Requests counted, dropped and refused',
            [rate('api_key_usage_written'), '{{project}} counted'],
            [rate('api_key_usage_dropped'), '{{project}} dropped'],
            [rate('api_key_usage_failures'), '{{project}} tried again'],
            [rate('api_key_requests_refused'), '{{project}} refused'],
          ],
        ],
      ],
    ],
  },
}
