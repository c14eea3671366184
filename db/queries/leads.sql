-- name: LockLead :one
-- "No key": a lead that becomes a duplicate of this one refers to it meanwhile, and must not wait for it.
select * from leads where id = $1 for no key update;

-- name: AddLeads :exec
-- Leads that an import creates; those of the API are inserted where they are accepted.
insert into leads (id, status, submission, source, channel, campaign, import_id, submitted_at)
select r.id, 'received', r.submission, r.source, r.channel, r.campaign, r.import_id, r.submitted_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, submission jsonb, source text, channel text, campaign text,
     import_id uuid, submitted_at timestamptz);

-- name: SetLeadStatus :exec
update leads set status = $2, version = version + 1 where id = $1 and status <> $2;

-- name: SetSubmission :exec
update leads set submission = $2, version = version + 1 where id = $1;

-- name: ResolveLeads :exec
update leads l
set status = r.status, contact_id = r.contact_id, duplicate_of = r.duplicate_of, resolved_by = r.resolved_by, version = l.version + 1
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, status text, contact_id uuid, duplicate_of uuid, resolved_by text)
where l.id = r.id;

-- name: FindLiveLeads :many
-- The lead of each contact that is being captured or worked on: the first that sales has not turned down.
select distinct on (contact_id) contact_id::uuid as contact_id, id
from leads
where contact_id = any (@contact_ids::uuid[]) and status in ('received', 'captured')
  and (quality is null or quality = 'accepted')
order by contact_id, submitted_at, id;

-- name: ScoreLeads :exec
update leads l
set score = r.score, tier = r.tier, version = l.version + 1
from jsonb_to_recordset(@rows::jsonb) as r(lead_id uuid, score int, tier text)
where l.id = r.lead_id;

-- name: AssignLeads :exec
update leads l
set assignee_id = r.assignee_id, version = l.version + 1
from (select unnest(@ids::uuid[]) as id, unnest(@assignees::uuid[]) as assignee_id) r
where l.id = r.id;

-- name: CaptureLeads :exec
update leads l
set status = 'captured', captured_at = @now, task_id = r.task_id, version = l.version + 1
from (select unnest(@ids::uuid[]) as id, unnest(@tasks::uuid[]) as task_id) r
where l.id = r.id;

-- name: ReopenLead :exec
update leads set quality = null, task_id = @task_id, version = version + 1 where id = @id;

-- name: JudgeLead :execrows
update leads set quality = @quality::text, version = version + 1 where id = @id and quality is null;

-- name: CountLeadsOfContact :one
select count(*)::int from leads where contact_id = $1;

-- name: ListImportReaders :many
select distinct assignee_id::uuid as assignee_id from leads
where import_id = @import_id and assignee_id is not null order by 1;
