-- name: AddLeadScores :exec
insert into lead_scores (id, lead_id, score, tier, factors, model_version, at)
select r.id, r.lead_id, r.score, r.tier, r.factors, r.model_version, r.at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, lead_id uuid, score int, tier text, factors jsonb, model_version text, at timestamptz)
on conflict do nothing;
