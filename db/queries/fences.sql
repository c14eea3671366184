-- name: FenceVersion :one
select coalesce((select version from fences where kind = @kind and id = @id), 0)::bigint as version;

-- name: MoveFence :one
-- Waits for whoever holds the fence.
insert into fences (kind, id, version) values (@kind, @id, 1)
on conflict (kind, id) do update set version = fences.version + 1
returning version;

-- name: AddFence :exec
insert into fences (kind, id) values (@kind, @id) on conflict (kind, id) do nothing;

-- name: HoldFence :one
select version from fences where kind = @kind and id = @id for share;
