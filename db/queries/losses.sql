-- name: GetLostDeal :one
select id, state, lead_id, contact_id, loss_reason from sales_pipeline where id = $1 for share;

-- name: AnalyseLosses :many
-- Lost deals of a span, counted by reason, stage or month (UTC), the most frequent first.
select (case @by::text when 'reason' then coalesce(d.loss_reason, '') when 'stage' then d.stage
        else to_char(d.closed_at at time zone 'UTC', 'YYYY-MM') end)::text as value,
       d.currency, count(*)::int as deals, sum(d.amount_minor)::bigint as amount_minor
from sales_pipeline d
where d.state = 'lost' and d.closed_at >= @since and d.closed_at < @until
  and (sqlc.narg(pipeline)::text is null or d.pipeline = sqlc.narg(pipeline))
group by 1, 2 order by 3 desc, 1, 2;
