-- name: AddMessageRequest :execrows
insert into message_requests (id, contact_id, template, channel, department, urgency, lead_id, expires_at, test_user_id, created_at)
values (@id, @contact_id, @template, @channel, @department, @urgency, sqlc.narg(lead_id), sqlc.narg(expires_at), sqlc.narg(test_user_id), @created_at)
on conflict (id) do nothing;

-- name: GetMessageRequest :one
select * from message_requests where id = $1;

-- name: FitMessageRequest :one
-- Whether what a request names besides the person exists: a lead of that person, a user who may get a test. What it does
-- not name fits.
select (sqlc.narg(lead)::uuid is null or exists (select from leads l where l.id = sqlc.narg(lead)
            and l.contact_id in (sqlc.arg(person)::uuid, sqlc.arg(asked)::uuid)))::boolean as lead,
       (sqlc.narg(reader)::uuid is null or exists (select from users u where u.id = sqlc.narg(reader) and u.active))::boolean as reader;
