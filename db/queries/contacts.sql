-- name: AddContacts :exec
-- rows is an array of objects with the columns below.
insert into contacts (id, email, phone, first_name, last_name, company, street, city, postcode, region, country,
                      time_zone, language, attributes, owner_id, created_at, updated_at)
select r.id, r.email, r.phone, r.first_name, r.last_name, r.company, r.street, r.city, r.postcode, r.region, r.country,
       r.time_zone, r.language, coalesce(r.attributes, '{}'), r.owner_id, r.created_at, r.updated_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, email text, phone text, first_name text, last_name text, company text,
     street text, city text, postcode text, region text, country text, time_zone text, language text, attributes jsonb,
     owner_id uuid, created_at timestamptz, updated_at timestamptz);

-- name: FillContacts :exec
-- What the contact says already stands; only empty fields are filled.
update contacts c
set email      = coalesce(c.email, r.email),
    phone      = coalesce(c.phone, r.phone),
    first_name = coalesce(c.first_name, r.first_name),
    last_name  = coalesce(c.last_name, r.last_name),
    company    = coalesce(c.company, r.company),
    street     = coalesce(c.street, r.street),
    city       = coalesce(c.city, r.city),
    postcode   = coalesce(c.postcode, r.postcode),
    region     = coalesce(c.region, r.region),
    country    = coalesce(c.country, r.country),
    time_zone  = coalesce(c.time_zone, r.time_zone),
    language   = coalesce(c.language, r.language),
    attributes = coalesce(r.attributes, '{}') || c.attributes,
    version    = c.version + 1,
    updated_at = r.updated_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, email text, phone text, first_name text, last_name text, company text,
     street text, city text, postcode text, region text, country text, time_zone text, language text, attributes jsonb,
     updated_at timestamptz)
where c.id = r.id;

-- name: GetContact :one
select * from contacts where id = $1;

-- name: ListContactsByID :many
select * from contacts where id = any (@ids::uuid[]) and merged_into is null order by id;

-- name: SetContactOwners :exec
update contacts c
set owner_id = r.owner_id, version = c.version + 1, updated_at = @now
from (select unnest(@ids::uuid[]) as id, unnest(@owners::uuid[]) as owner_id) r
where c.id = r.id and c.owner_id is distinct from r.owner_id;

-- name: ListActiveOwners :many
select c.id as contact_id, u.id as owner_id
from contacts c join users u on u.id = c.owner_id
where c.id = any (@contact_ids::uuid[]) and u.active;

-- name: SetContactLanguage :execrows
update contacts set language = sqlc.arg(language)::text, version = version + 1, updated_at = @now
where id = @id and language is distinct from sqlc.arg(language)::text;
