export { RealtimeSection as default } from './realtime-section.tsx'
