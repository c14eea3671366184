-- name: CreateAPIKey :exec
insert into api_keys (id, name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6);

-- name: FindAPIKey :one
select id, name, hash, scopes, expires_at, revoked_at from api_keys where hash = $1;

-- name: RevokeAPIKey :one
update api_keys set revoked_at = coalesce(revoked_at, @revoked_at::timestamptz) where id = @id returning name;

-- name: ListAPIKeys :many
select id, name, scopes, created_at, expires_at, revoked_at from api_keys order by created_at, id;

-- name: AdoptAPIKey :execrows
insert into api_keys (id, name, hash, scopes, created_at) values ($1, $2, $3, $4, $5)
on conflict (hash) do nothing;
