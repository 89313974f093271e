export { SettingsSection as default } from './settings-section.tsx'
