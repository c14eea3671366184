-- name: AddApproval :one
-- No row when the step has asked before.
insert into approvals (id, key, kind, subject_kind, subject_id, revision, content, content_hash, policy, policy_version, rule, requested_by, state, expires_at, created_at)
values (@id, @key, @kind, @subject_kind, @subject_id, @revision, @content, @content_hash, @policy, @policy_version, @rule, @requested_by, 'open', @expires_at, @created_at)
on conflict (key) do nothing returning *;

-- name: GetApproval :one
select * from approvals where id = $1;

-- name: GetApprovalByKey :one
select * from approvals where key = $1;

-- name: LockApproval :one
-- Whatever changes an approval or its seats locks it first.
select * from approvals where id = $1 for no key update;

-- name: LockOutdatedApprovals :many
-- The approvals of older revisions that still count, in one order.
select * from approvals
where subject_kind = @subject_kind and subject_id = @subject_id and revision < @revision and state in ('open', 'approved')
order by id for no key update;

-- name: CloseApproval :one
update approvals set state = @state, reason = sqlc.narg(reason), decided_at = @now::timestamptz, version = version + 1
where id = @id returning *;

-- name: ListApprovalPage :many
-- The newest first. A user's open ones are those that wait for them.
select * from approvals a
where (sqlc.narg(state)::text is null or a.state = sqlc.narg(state))
  and (sqlc.narg(assignee)::uuid is null or exists (select from approval_seats s
       where s.approval_id = a.id and s.user_id = sqlc.narg(assignee) and (a.state <> 'open' or s.state = 'waiting')))
  and (not @after::boolean or (a.created_at, a.id) < (@after_at::timestamptz, @after_id::uuid))
order by a.created_at desc, a.id desc limit @max_rows;

-- name: AddApprovalSeat :exec
insert into approval_seats (approval_id, user_id, state, from_user_id, why, created_at) values ($1, $2, $3, $4, $5, $6);

-- name: ListApprovalSeats :many
select * from approval_seats where approval_id = any (@approval_ids::uuid[]) order by approval_id, created_at, user_id;

-- name: MoveApprovalSeat :exec
update approval_seats set state = @state, reason = sqlc.narg(reason), content_hash = sqlc.narg(content_hash), decided_at = @now::timestamptz
where approval_id = @approval_id and user_id = @user_id;

-- name: FindDecider :one
-- The nearest active manager above a user, else one of the same team, else an admin, else anybody who manages; upwards,
-- only those above and admins.
with recursive above (id, step) as (
    select u.manager_id, 1 from users u where u.id = @user_id
    union all
    select u.manager_id, a.step + 1 from above a join users u on u.id = a.id where a.step < 20
)
select m.id from users m
left join (select a.id, min(a.step) as step from above a group by a.id) near on near.id = m.id
where m.active and (near.step is not null or m.role = 'admin' or (m.role = 'manager' and not @upwards::boolean)) and m.id <> all (@excluded::uuid[])
order by near.step nulls last,
         (m.role = 'manager' and m.team = (select u.team from users u where u.id = @user_id)) desc nulls last,
         (m.role = 'admin') desc, m.created_at, m.id
limit 1;

-- name: ListUsersOfRole :many
select id from users where active and role = @role order by created_at, id;
