/** Options of Storage. */
import {
  accepted,
  anything,
  boolean,
  bytes,
  choice,
  integer,
  list,
  secret,
  tables,
  text,
  unset,
} from './option.ts'

export const storageOptions = {
  'storage.file_size_limit': bytes('50MiB', 'Largest file a bucket accepts.'),
  'storage.backend': choice(
    ['disk', 's3', 'memory'],
    'disk',
    'Where the bytes of objects are kept.',
  ),
  'storage.path': unset(
    text(
      '',
      'Folder of objects, relative to supabase/; default .temp/storage, which a reset empties.',
    ),
  ),
  'storage.s3.endpoint': unset(
    text('', 'S3 server that keeps objects for backend "s3": `https://…`; default AWS.'),
  ),
  'storage.s3.region': text('us-east-1', 'Its region.'),
  'storage.s3.bucket': unset(
    text('', 'Its bucket, which has to be there; one that supabase/storage has filled is read.'),
  ),
  'storage.s3.prefix': text('', 'In front of all keys; supabase/storage puts its tenant there.'),
  'storage.s3.access_key_id': unset(
    text('', "Access key; default what AWS's variables, files or the machine's role give."),
  ),
  'storage.s3.secret_access_key': secret(unset(text('', 'Its secret; default likewise.'))),
  'storage.s3.force_path_style': boolean(
    true,
    "Puts the bucket in the path; false for servers that want it in the host's name.",
  ),
  'storage.memory_cache': bytes(
    '16MiB',
    'Memory for objects of up to 64 KiB that were read; policies are asked all the same. 0 for none.',
  ),
  'storage.cdn_url': unset(
    text(
      '',
      'Where a CDN shows what is below the API: public URLs of objects begin with it, and what is not public is kept out of its cache.',
    ),
  ),
  'storage.purge_url': unset(
    text('', 'Gets a POST with bucket and keys of objects that were replaced or removed.'),
  ),
  'storage.purge_secret': secret(unset(text('', 'Sent there as `Authorization: Bearer …`.'))),
  'storage.buckets': tables(
    {
      public: boolean(false, 'Objects can be read without a token.'),
      file_size_limit: unset(bytes('50MiB', 'Largest file; default storage.file_size_limit.')),
      allowed_mime_types: list([], 'Types accepted; none means all.'),
      objects_path: unset(text('', 'Folder whose files are uploaded, relative to supabase/.')),
    },
    'A bucket created, or changed, after the seeds.',
  ),
  'storage.s3_protocol.enabled': boolean(true, 'Serves the S3 protocol.'),
  'storage.s3_protocol.region': text('local', 'Region that buckets are said to be in.'),
  'storage.s3_protocol.access_key_id': unset(
    text('', "Access key; default the Supabase CLI's, or made of a JWT secret of one's own."),
  ),
  'storage.s3_protocol.secret_access_key': secret(unset(text('', 'Its secret; default likewise.'))),
  'storage.image_transformation.enabled': boolean(true, 'Serves image transformations.'),
  'storage.analytics.enabled': accepted(boolean(false, 'Serves analytics buckets.')),
  'storage.analytics.max_namespaces': accepted(integer(5, 'Most namespaces.')),
  'storage.analytics.max_tables': accepted(integer(10, 'Most tables.')),
  'storage.analytics.max_catalogs': accepted(integer(2, 'Most catalogs.')),
  'storage.analytics.buckets': accepted(anything('Analytics buckets.')),
  'storage.vector.enabled': accepted(boolean(false, 'Serves vector buckets.')),
  'storage.vector.max_buckets': accepted(integer(10, 'Most vector buckets.')),
  'storage.vector.max_indexes': accepted(integer(5, 'Most indexes.')),
  'storage.vector.buckets': accepted(anything('Vector buckets.')),
}
