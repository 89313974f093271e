/** backup-commands: `basalt backup`. */
export { defineBackup } from './define-backup.ts'
