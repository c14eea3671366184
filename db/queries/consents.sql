-- name: AddConsents :exec
insert into consents (contact_id, purpose, granted, source, at)
select unnest(@contact_ids::uuid[]), unnest(@purposes::text[]), unnest(@granted::bool[]), unnest(@sources::text[]), unnest(@at::timestamptz[])
on conflict do nothing;

-- name: LatestConsents :many
select distinct on (contact_id, purpose) contact_id, purpose, granted
from consents where contact_id = any (@contact_ids::uuid[])
order by contact_id, purpose, at desc;

-- name: ListContactConsents :many
-- What one person decided last about each purpose.
select distinct on (purpose) purpose, granted, source, at
from consents where contact_id = @contact_id
order by purpose, at desc;

-- name: ListWithdrawn :many
-- What a person has withdrawn: by which way, and whether they had agreed to it before.
select w.purpose, w.source, w.agreed
from (select distinct on (c.purpose) c.purpose, c.granted, c.source,
             exists (select from consents b where b.contact_id = c.contact_id and b.purpose = c.purpose and b.granted)::boolean as agreed
      from consents c where c.contact_id = @contact_id
      order by c.purpose, c.at desc) w
where not w.granted
order by w.purpose;
