-- name: CreateAPIKey :exec
insert into api_keys (id, name, hash, scopes, created_at, expires_at, user_id) values ($1, $2, $3, $4, $5, $6, $7);

-- name: FindAPIKey :one
-- A key of somebody who has left is a key of nobody.
select k.id, k.name, k.hash, k.scopes, k.expires_at, k.revoked_at, u.id as user_id
from api_keys k left join users u on u.id = k.user_id and u.active
where k.hash = $1;

-- name: RevokeAPIKey :one
update api_keys set revoked_at = coalesce(revoked_at, @revoked_at::timestamptz) where id = @id returning name;

-- name: ListAPIKeys :many
select k.id, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.user_id, coalesce(u.email, '')::text as user_email
from api_keys k left join users u on u.id = k.user_id
order by k.created_at, k.id;

-- name: AdoptAPIKey :execrows
insert into api_keys (id, name, hash, scopes, created_at) values ($1, $2, $3, $4, $5)
on conflict (hash) do nothing;
