-- +goose Up
-- Every verdict about a deal, in the order in which they fell: what was asked, by whom, what came of it, and what the deal
-- was before and after. Replayed from the first, it gives the deal.
create table deal_history (
    deal_id            uuid        not null references sales_pipeline,
    no                 int         not null, -- 1, 2, …: the deal's version after the verdict
    key                text        not null unique, -- the business step that asked
    what               text        not null check (what in ('open', 'move', 'amend', 'log', 'work', 'stall', 'lose', 'close', 'reopen')),
    actor_id           uuid, -- a user or an API key; null for the house itself
    accepted           boolean     not null,
    reason             text, -- a code: of the refusal, the loss, the way back
    reference          uuid, -- the interaction or task that it is about
    pipeline_version   int         not null,
    stage_before       text        not null,
    stage_after        text        not null,
    state_before       text        not null,
    state_after        text        not null,
    amount_before      bigint      not null,
    amount_after       bigint      not null,
    list_before        bigint      not null,
    list_after         bigint      not null,
    currency           text        not null,
    probability_before numeric(5, 4) not null,
    probability_after  numeric(5, 4) not null,
    revision           int         not null, -- after
    verdict            jsonb       not null, -- as it was answered
    at                 timestamptz not null,
    primary key (deal_id, no)
);
create index deal_history_at on deal_history (at);
create index sales_pipeline_listed on sales_pipeline (created_at desc, id desc);
create index sales_pipeline_won on sales_pipeline (pipeline, closed_at) where state = 'won';

-- +goose Down
drop index sales_pipeline_won, sales_pipeline_listed;
drop table deal_history;
