/** Options of backups, in the table `[basalt.backup]`. */
import { boolean, duration, secret, text, unset, wait } from './option.ts'

export const backupOptions = {
  'basalt.backup.enabled': boolean(
    false,
    'Makes backups while it runs: of all at the times of basalt.backup.schedule, of the log of changes as it is written (docs/backup.md).',
  ),
  'basalt.backup.target': text(
    '.temp/backups',
    'Where backups go: a folder, relative to supabase/, or `s3://bucket/prefix`. Best another disk, or another machine.',
  ),
  'basalt.backup.schedule': text(
    '0 2 * * *',
    'When all is copied, as cron has it (UTC). In between the log alone is.',
  ),
  'basalt.backup.keep': duration(
    '168h',
    'How far back there are backups (7 days); the newest is kept however old it is.',
  ),
  'basalt.backup.flush': wait('5s', 'How often the log is stored: what may be lost at most.'),
  'basalt.backup.verify': boolean(
    true,
    'Restores each scheduled backup into a scratch folder and compares.',
  ),
  'basalt.backup.key': secret(
    unset(
      text(
        '',
        'Encrypts backups (AES-256-GCM) with this key of 32 characters or more: `openssl rand -hex 32`. Who loses it loses them.',
      ),
    ),
  ),
  'basalt.backup.s3.endpoint': unset(
    text('', 'S3 server of an s3:// target. Default: that of storage.s3.'),
  ),
  'basalt.backup.s3.region': unset(text('', 'Its region. Default: that of storage.s3.')),
  'basalt.backup.s3.access_key_id': unset(text('', 'Its key. Default: that of storage.s3.')),
  'basalt.backup.s3.secret_access_key': secret(
    unset(text('', 'The secret of the key. Default: that of storage.s3.')),
  ),
}
