/** What a query can name of a bucket or an object beside itself, and Storage does not have. */
import { s3Errors } from './errors.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
const absent: ReadonlySet<string> = new Set([
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'versioning',
  'versions',
  'website',
])
/** Read, and nothing else: objects have no tags, buckets no versions. */
const readable: Readonly<Partial<Record<string, 'bucket' | 'object'>>> = {
  tagging: 'object',
  versioning: 'bucket',
}

/**
 * Refuses them: `PUT /bucket/key?acl` carries a list of rights, and would else be the object's new bytes; a list of objects
 * would be taken for one of versions, by which rclone purges.
 */
export function refuseAbsent(method: string, of: 'bucket' | 'object', query: URLSearchParams) {
  for (const name of query.keys()) {
    if (!absent.has(name)) continue
    if (method === 'GET' && readable[name] === of) continue
    throw s3Errors.NotImplemented({ what: `${method} of a ${of}'s ${name}` })
  }
}
