-- name: AddDeal :execrows
-- No row when the step that opens it has done so, or the lead has an open deal.
insert into sales_pipeline (id, key, name, contact_id, lead_id, owner_id, pipeline, pipeline_version, stage, state, amount_minor,
    list_minor, currency, close_on, probability, attributes, stage_since, touched_at, created_at)
values (@id, @key, @name, @contact_id, @lead_id, @owner_id, @pipeline, @pipeline_version, @stage, 'open', @amount_minor, @list_minor, @currency,
    @close_on, 0, @attributes, @now, @now, @now)
on conflict do nothing;

-- name: GetDeal :one
select * from sales_pipeline where id = $1;

-- name: GetDealByKey :one
select * from sales_pipeline where key = $1;

-- name: FindOpenDeal :one
select * from sales_pipeline where lead_id = @lead_id::uuid and state in ('open', 'closing');

-- name: LockDeal :one
-- Verdicts about a deal fall one after the other.
select * from sales_pipeline where id = $1 for no key update;

-- name: SaveDeal :exec
update sales_pipeline
set pipeline_version = @pipeline_version, stage = @stage, state = @state, amount_minor = @amount_minor, list_minor = @list_minor,
    close_on = @close_on, probability = (sqlc.arg(permille)::int * 0.001), factors = @factors, attributes = @attributes, revision = @revision,
    stage_since = @stage_since, touched_at = @touched_at, closed_at = @closed_at, loss_reason = @loss_reason, version = @version
where id = @id;

-- name: DealFacts :one
-- What the rules look at beside the deal itself.
select coalesce(l.tier, '')::text as tier, coalesce(l.score, 0)::int as score, coalesce(l.source, '')::text as source,
       (select count(distinct h.reference) from deal_history h where h.deal_id = d.id and h.what = 'log' and h.accepted)::int as interactions
from sales_pipeline d left join leads l on l.id = d.lead_id
where d.id = $1;

-- name: ListDealPage :many
-- The newest first.
select * from sales_pipeline d
where (sqlc.narg(pipeline)::text is null or d.pipeline = sqlc.narg(pipeline))
  and (sqlc.narg(stage)::text is null or d.stage = sqlc.narg(stage))
  and (sqlc.narg(state)::text is null or d.state = sqlc.narg(state))
  and (sqlc.narg(owner)::uuid is null or d.owner_id = sqlc.narg(owner))
  and (sqlc.narg(contact)::uuid is null or d.contact_id = sqlc.narg(contact))
  and (sqlc.narg(lead)::uuid is null or d.lead_id = sqlc.narg(lead))
  and (not @before::boolean or (d.created_at, d.id) < (@before_at::timestamptz, @before_id::uuid))
order by d.created_at desc, d.id desc limit @max_rows;

-- name: ForecastDeals :many
-- What is open, by the month in which it should close, and what was won, by the month in which it was. Each currency for
-- itself: sums are exact.
select * from (
    select coalesce(to_char(p.close_on, 'YYYY-MM'), '')::text as month, p.stage, 'open'::text as state, p.currency,
           count(*)::int as deals, sum(p.amount_minor)::bigint as amount_minor, sum(p.amount_minor * p.probability)::numeric as weighted_minor
    from sales_pipeline p
    where p.pipeline = sqlc.arg(pipeline) and p.state in ('open', 'closing') and (sqlc.narg(owner)::uuid is null or p.owner_id = sqlc.narg(owner))
    group by 1, 2, 4
    union all
    select to_char(p.closed_at at time zone 'UTC', 'YYYY-MM'), '', 'won', p.currency,
           count(*)::int, sum(p.amount_minor)::bigint, sum(p.amount_minor)::numeric
    from sales_pipeline p
    where p.pipeline = sqlc.arg(pipeline) and p.state = 'won' and (sqlc.narg(owner)::uuid is null or p.owner_id = sqlc.narg(owner))
    group by 1, 4
) f order by f.month, f.state, f.stage, f.currency;
