-- name: AddConsents :exec
insert into consents (contact_id, purpose, granted, source, at)
select unnest(@contact_ids::uuid[]), unnest(@purposes::text[]), unnest(@granted::bool[]), unnest(@sources::text[]), unnest(@at::timestamptz[])
on conflict do nothing;

-- name: LatestConsents :many
select distinct on (contact_id, purpose) contact_id, purpose, granted
from consents where contact_id = any (@contact_ids::uuid[])
order by contact_id, purpose, at desc;
